// SPDX-License-Identifier: Apache-2.0
#include "harness/token_workloads.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/clock.hpp"

namespace edgeroof::harness {
namespace {

std::string id_of(std::string_view what, const MeasuredOn& on, const TokenWork& work) {
    return fmt::format("{}/{}/{}/n{}/d{}", what, on.model, on.device, work.tokens, work.depth);
}

reports::Measurement describe_tokens(reports::Kind kind, std::string_view what,
                                     const MeasuredOn& on, const TokenWork& work) {
    reports::Measurement m = on.measurement(kind, id_of(what, on, work));
    m.tokens = work.tokens;
    m.depth = work.depth;
    return m;
}

}  // namespace

reports::Measurement MeasuredOn::measurement(reports::Kind kind, std::string id) const {
    reports::Measurement m;
    m.id = std::move(id);
    m.kind = kind;
    m.device = device;
    m.model = model;
    m.threads = threads;
    m.isa = isa;
    m.settings["kv"] = kv;
    return m;
}

reports::Work record_work(const edgeroof::Work& work) {
    return {work.flops, work.weight_bytes, work.state_bytes, work.activation_bytes};
}

PrefillWorkload::PrefillWorkload(Engine& engine, const MeasuredOn& on, TokenWork work)
    : engine_(engine), on_(on), work_(work) {
    engine_.fill(work.depth);
}

reports::Measurement PrefillWorkload::describe() const {
    reports::Measurement m = describe_tokens(reports::Kind::prefill, "prefill", on_, work_);
    m.settings["batch"] = std::to_string(engine_.batch());
    m.work = record_work(engine_.prefill_work(work_.tokens, work_.depth));
    return m;
}

reports::Sample PrefillWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    engine_.prefill(work_.tokens, work_.depth);
    return {start, monotonic_ns() - start};
}

DecodeWorkload::DecodeWorkload(Engine& engine, const MeasuredOn& on, TokenWork work)
    : engine_(engine), on_(on), work_(work) {
    engine_.fill(work.depth);
}

reports::Measurement DecodeWorkload::describe() const {
    reports::Measurement m = describe_tokens(reports::Kind::decode, "decode", on_, work_);
    m.work = record_work(engine_.decode_work(work_.tokens, work_.depth));
    return m;
}

reports::Sample DecodeWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    std::int64_t begin = start;
    for (std::int64_t i = 0; i < work_.tokens; ++i) {
        engine_.decode(work_.depth + i);
        const std::int64_t end = monotonic_ns();
        tokens_.push_back({begin, end - begin});
        begin = end;
    }
    return {start, begin - start};
}

reports::Measurement DecodeWorkload::latency(const reports::Measurement& decode) const {
    reports::Measurement m = decode;
    m.id = id_of("latency", on_, work_);
    m.kind = reports::Kind::latency;
    m.tokens = 1;
    // A token in the middle stands for all: what they read grows evenly with their position.
    m.work = record_work(engine_.decode_work(1, work_.depth + work_.tokens / 2));
    m.samples.clear();
    m.turns.clear();
    auto token = tokens_.begin();
    for (std::size_t i = 0; i < decode.samples.size(); ++i) {
        token = std::find_if(token, tokens_.end(), [&](const reports::Sample& candidate) {
            return candidate.start_ns == decode.samples[i].start_ns;
        });
        if (std::find(decode.turns.begin(), decode.turns.end(), i) != decode.turns.end())
            m.turns.push_back(m.samples.size());
        for (std::int64_t n = 0; n < work_.tokens && token != tokens_.end(); ++n)
            m.samples.push_back(*token++);
    }
    return m;
}

FirstTokenWorkload::FirstTokenWorkload(Engine& engine, const MeasuredOn& on, TokenWork work)
    : engine_(engine), on_(on), work_(work) {
    engine_.fill(work.depth);
}

reports::Measurement FirstTokenWorkload::describe() const {
    reports::Measurement m = describe_tokens(reports::Kind::ttft, "ttft", on_, work_);
    m.work = record_work(engine_.prefill_work(work_.tokens, work_.depth));
    return m;
}

reports::Sample FirstTokenWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    engine_.prefill(work_.tokens, work_.depth);
    engine_.best_token();
    return {start, monotonic_ns() - start};
}

}  // namespace edgeroof::harness
