// SPDX-License-Identifier: Apache-2.0
#include "harness/engine.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace edgeroof::harness {

Engine::Engine(Device& device, std::shared_ptr<const runtime::Model> model,
               const runtime::SessionOptions& options)
    : device_(device),
      session_(device, std::move(model), options),
      random_(static_cast<std::size_t>(session_.context())) {
    std::minstd_rand random(1);  // the same tokens in every run
    const auto vocabulary = static_cast<std::uint64_t>(session_.model().parameters().vocabulary);
    for (auto& token : random_) token = static_cast<runtime::Session::Token>(random() % vocabulary);
}

Engine::Tokens Engine::prepare(std::int64_t tokens, std::int64_t depth) {
    // What lies beyond a position that was gone back to is still in the cache, for these tokens are
    // always the same ones.
    fill(depth);
    if (session_.position() > depth) session_.rewind(depth);
    return Tokens(random_).subspan(static_cast<std::size_t>(depth),
                                   static_cast<std::size_t>(tokens));
}

void Engine::fill(std::int64_t depth) {
    const std::int64_t here = session_.position();
    if (here >= depth) return;
    session_.prefill(Tokens(random_).subspan(static_cast<std::size_t>(here),
                                             static_cast<std::size_t>(depth - here)));
}

void Engine::prefill(std::int64_t tokens, std::int64_t depth) {
    logits_ = session_.prefill(prepare(tokens, depth));
}

std::int32_t Engine::best_token() const {
    return static_cast<std::int32_t>(std::max_element(logits_.begin(), logits_.end()) -
                                     logits_.begin());
}

std::vector<GroupTime> Engine::profile(std::int64_t tokens, std::int64_t depth) {
    return session_.profile(prepare(tokens, depth));
}

Graph Engine::step_graph(std::int64_t tokens, runtime::Logits logits) const {
    const runtime::SessionOptions& options = session_.options();
    return session_.model().graph(
        {.tokens = tokens, .logits = logits, .context = options.context, .kv = options.kv});
}

edgeroof::Work Engine::prefill_work(std::int64_t tokens, std::int64_t depth) const {
    edgeroof::Work work;
    for (std::int64_t done = 0; done < tokens;) {
        const std::int64_t now = std::min(batch(), tokens - done);
        const bool last = done + now == tokens;
        work += work_of(step_graph(now, last ? runtime::Logits::last : runtime::Logits::none),
                        depth + done);
        done += now;
    }
    return work;
}

edgeroof::Work Engine::decode_work(std::int64_t tokens, std::int64_t depth) const {
    const Graph graph = step_graph(1);
    edgeroof::Work work;
    for (std::int64_t i = 0; i < tokens; ++i) work += work_of(graph, depth + i);
    return work;
}

Arithmetic Engine::arithmetic(std::int64_t tokens) const {
    const Graph graph = step_graph(tokens);
    std::map<Format, std::int64_t> values;
    for (const Op& op : graph.ops)
        if (const auto* matmul = std::get_if<MatMul>(&op.kind)) {
            const Tensor& weight = graph[matmul->weight];
            values[weight.format] += weight.shape.values();
        }
    const auto most =
        std::max_element(values.begin(), values.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return device_.arithmetic(most->first, tokens);
}

}  // namespace edgeroof::harness
