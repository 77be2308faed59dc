// SPDX-License-Identifier: Apache-2.0
#include "runtime/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/kv_cache.hpp"

namespace edgeroof::runtime {
namespace {

// Decode, a whole batch with and without logits, and the odd end of a prompt.
constexpr std::size_t most_compiled = 4;

SessionOptions resolved(SessionOptions options, const Model& model) {
    const std::int64_t most = model.parameters().context;
    if (options.context == 0) options.context = most;
    if (options.context < 1 || options.context > most)
        throw InputError(fmt::format("{}: a context of {} tokens; the model was made for 1 to {}",
                                     model.file().path().string(), options.context, most));
    if (options.batch < 1)
        throw InputError(fmt::format("a batch of {} tokens; at least 1", options.batch));
    options.batch = std::min(options.batch, options.context);
    check_kv_format(options.kv, model.parameters().head);
    return options;
}

}  // namespace

Session::Session(Device& device, std::shared_ptr<const Model> model, const SessionOptions& options)
    : model_(std::move(model)),
      options_(resolved(options, *model_)),
      device_(device),
      memory_(device.create_memory(model_->weights())) {}

std::span<const float> Session::prefill(std::span<const Token> tokens) {
    if (tokens.empty()) throw InputError("there are no tokens to read");
    check(tokens);
    const auto batch = static_cast<std::size_t>(options_.batch);
    while (tokens.size() > batch) {
        step(tokens.first(batch), Logits::none);
        tokens = tokens.subspan(batch);
    }
    step(tokens, Logits::last);
    return logits_;
}

void Session::evaluate(std::span<const Token> tokens, std::int64_t first, const Visit& visit) {
    check(tokens);
    const auto vocabulary = static_cast<std::size_t>(model_->parameters().vocabulary);
    const auto size = static_cast<std::int64_t>(tokens.size());
    for (std::int64_t begin = 0; begin < size; begin += options_.batch) {
        const std::int64_t end = std::min(begin + options_.batch, size);
        step(tokens.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
             end > first ? Logits::all : Logits::none);
        for (std::int64_t token = std::max(begin, first); token < end; ++token)
            visit(token, std::span(logits_).subspan(
                             static_cast<std::size_t>(token - begin) * vocabulary, vocabulary));
    }
}

std::vector<GroupTime> Session::profile(std::span<const Token> tokens) {
    if (tokens.empty()) throw InputError("there are no tokens to read");
    check(tokens);
    const auto count = static_cast<std::int64_t>(tokens.size());
    Compiled& now = compiled(count, Logits::last);
    now.executable->write(now.graph.inputs.front(), std::as_bytes(tokens));
    auto groups = now.executable->profile(Step::at(position_, static_cast<std::int32_t>(count)));
    position_ += count;
    return groups;
}

void Session::rewind(std::int64_t position) {
    if (position < 0 || position > position_)
        throw InputError(fmt::format("can't go back to token {} of {}", position, position_));
    position_ = position;
}

void Session::check(std::span<const Token> tokens) const {
    const auto room = static_cast<std::uint64_t>(options_.context - position_);
    if (tokens.size() > room)
        throw InputError(fmt::format("{} tokens after {} don't fit the context of {}",
                                     tokens.size(), position_, options_.context));
    const std::int64_t vocabulary = model_->parameters().vocabulary;
    for (const Token token : tokens)
        if (token < 0 || token >= vocabulary)
            throw InputError(
                fmt::format("token {} is none of the vocabulary's {}", token, vocabulary));
}

Session::Compiled& Session::compiled(std::int64_t tokens, Logits logits) {
    const auto known = std::find_if(compiled_.begin(), compiled_.end(), [&](const Compiled& one) {
        return one.tokens == tokens && one.logits == logits;
    });
    if (known != compiled_.end()) {
        compiled_.splice(compiled_.begin(), compiled_, known);
    } else {
        if (compiled_.size() == most_compiled) compiled_.pop_back();
        Graph graph = model_->graph(
            {.tokens = tokens, .logits = logits, .context = options_.context, .kv = options_.kv});
        auto executable = device_.compile(graph, *memory_);
        compiled_.push_front({tokens, logits, std::move(graph), std::move(executable)});
    }
    return compiled_.front();
}

void Session::step(std::span<const Token> tokens, Logits logits) {
    const auto count = static_cast<std::int64_t>(tokens.size());
    // All logits of one token are its last ones: one graph serves both.
    if (count == 1 && logits == Logits::all) logits = Logits::last;
    Compiled& now = compiled(count, logits);
    now.executable->write(now.graph.inputs.front(), std::as_bytes(tokens));
    last_step_ = now.executable->run(Step::at(position_, static_cast<std::int32_t>(count)));
    if (logits != Logits::none) {
        const TensorId output = now.graph.outputs.front();
        logits_.resize(static_cast<std::size_t>(now.graph[output].shape.values()));
        now.executable->read(output, std::as_writable_bytes(std::span(logits_)));
    }
    position_ += count;
}

}  // namespace edgeroof::runtime
