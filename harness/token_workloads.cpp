// SPDX-License-Identifier: Apache-2.0
#include "harness/token_workloads.hpp"

#include <algorithm>

#include "harness/clock.hpp"
#include "harness/operator_groups.hpp"

namespace edgeroof::harness {

reports::Measurement MeasuredOn::measurement(reports::Kind kind, std::string id) const {
    reports::Measurement m;
    m.id = std::move(id);
    m.kind = kind;
    m.device = device;
    if (!model.empty()) m.model = model;
    m.threads = threads;
    m.isa = isa;
    if (!kv.empty()) m.settings["kv"] = kv;
    return m;
}

reports::Work record_work(const edgeroof::Work& work) {
    return {work.flops, work.weight_bytes, work.state_bytes, work.activation_bytes};
}

void note_arithmetic(reports::Measurement& m, const Device& device, const Graph& graph,
                     const Op& op) {
    const auto* matmul = std::get_if<MatMul>(&op.kind);
    m.settings["arithmetic"] = name(
        matmul != nullptr ? device.arithmetic(graph[matmul->weight].format, tokens_of(graph, op))
                          : Arithmetic::fp32);
}

TokenWorkload::TokenWorkload(Engine& engine, const MeasuredOn& on, TokenTask task)
    : engine_(engine), on_(on), task_(std::move(task)) {
    engine_.fill(task_.work.depth);
}

reports::Measurement TokenWorkload::describe_as(reports::Kind kind, const edgeroof::Work& work,
                                                std::int64_t at_once) const {
    reports::Measurement m = on_.measurement(kind, task_.id);
    m.settings["arithmetic"] = name(engine_.arithmetic(at_once));
    m.tokens = task_.work.tokens;
    m.depth = task_.work.depth;
    m.work = record_work(work);
    return m;
}

reports::Measurement PrefillWorkload::describe() const {
    reports::Measurement m =
        describe_as(reports::Kind::prefill,
                    engine_.prefill_work(task_.work.tokens, task_.work.depth), tokens_at_once());
    m.settings["batch"] = std::to_string(engine_.batch());
    return m;
}

reports::Sample PrefillWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    engine_.prefill(task_.work.tokens, task_.work.depth);
    return {start, monotonic_ns() - start};
}

reports::Measurement DecodeWorkload::describe() const {
    return describe_as(reports::Kind::decode,
                       engine_.decode_work(task_.work.tokens, task_.work.depth), 1);
}

reports::Sample DecodeWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    std::int64_t begin = start;
    for (std::int64_t i = 0; i < task_.work.tokens; ++i) {
        engine_.decode(task_.work.depth + i);
        const std::int64_t end = monotonic_ns();
        tokens_.push_back({begin, end - begin});
        begin = end;
    }
    return {start, begin - start};
}

reports::Measurement DecodeWorkload::latency(const reports::Measurement& decode,
                                             std::string id) const {
    reports::Measurement m = decode;
    m.id = std::move(id);
    m.kind = reports::Kind::latency;
    m.tokens = 1;
    // A token in the middle stands for all: what they read grows evenly with their position.
    m.work = record_work(engine_.decode_work(1, task_.work.depth + task_.work.tokens / 2));
    m.samples.clear();
    m.turns.clear();
    m.counted.reset();  // of whole samples
    auto token = tokens_.begin();
    for (std::size_t i = 0; i < decode.samples.size(); ++i) {
        token = std::find_if(token, tokens_.end(), [&](const reports::Sample& candidate) {
            return candidate.start_ns == decode.samples[i].start_ns;
        });
        if (std::find(decode.turns.begin(), decode.turns.end(), i) != decode.turns.end())
            m.turns.push_back(m.samples.size());
        for (std::int64_t n = 0; n < task_.work.tokens && token != tokens_.end(); ++n)
            m.samples.push_back(*token++);
    }
    return m;
}

reports::Measurement FirstTokenWorkload::describe() const {
    return describe_as(reports::Kind::ttft,
                       engine_.prefill_work(task_.work.tokens, task_.work.depth), tokens_at_once());
}

reports::Sample FirstTokenWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    engine_.prefill(task_.work.tokens, task_.work.depth);
    engine_.best_token();
    return {start, monotonic_ns() - start};
}

}  // namespace edgeroof::harness
