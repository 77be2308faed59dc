// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/board_facts.hpp"
#include "harness/clock.hpp"
#include "harness/interrupt.hpp"
#include "harness/llm/beside_roof.hpp"
#include "harness/run_folder.hpp"
#include "kernels/error.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

/// Of the roof, beside a repetition: some passes of a DRAM stream.
constexpr double roof_slice_seconds = 0.06;
/// Decode between two measurements of the roof, which bandwidth that jumps may leave within
/// seconds.
constexpr std::int64_t stretch_ns = 300'000'000;

std::int64_t tokens_of(const LlmTest& test) { return test.n_prompt + test.n_gen + test.n_depth; }

/// Tests that one engine serves.
bool same_engine(const LlmTest& a, const LlmTest& b) {
    return a.model == b.model && a.n_batch == b.n_batch && a.n_ubatch == b.n_ubatch &&
           a.n_threads == b.n_threads && a.type_k == b.type_k;
}

std::string model_type(const reports::Model& facts) {
    const auto main =
        std::max_element(facts.tensor_bytes.begin(), facts.tensor_bytes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const double millions = static_cast<double>(facts.parameters) * 1e-6;
    const std::string size = millions < 1000.0 ? fmt::format("{:.3g}M", millions)
                                               : fmt::format("{:.1f}B", millions * 1e-3);
    return fmt::format("{} {} {}", facts.architecture, size, main->first);
}

/// Bytes per second of the roof, for about a slice's time.
double roof_rate(Workload& roof) {
    const reports::Measurement facts = roof.describe();
    const auto bytes =
        static_cast<double>(facts.work.bytes()) * static_cast<double>(facts.repetitions);
    std::vector<double> rates;
    double seconds = 0.0;
    while (seconds < roof_slice_seconds) {
        const double now = seconds_of(roof.sample().ns);
        rates.push_back(bytes / now);
        seconds += now;
    }
    return reports::median(rates);
}

}  // namespace

LlmBench::LlmBench(const LlmOptions& options, reports::Board board,
                   const std::function<void(const std::string&)>& note)
    : options_(options),
      board_(std::move(board)),
      plan_(cache_levels(board_), board_.memory_bytes.value_or(0)) {
    for (const LlmTest& test : options.tests) {
        if (models_.count(test.model) == 0)
            models_[test.model] = load_model(find_model(test.model, note), test.model, false);
        const std::int64_t context = *models_[test.model].facts.context_length;
        if (tokens_of(test) > context)
            throw InputError(fmt::format("{}: {} needs {} tokens of context; the model's is {}",
                                         test.model, test.name(), tokens_of(test), context));
    }
    // What the device refuses is to be known before a table is begun.
    open_device({"cpu", options.tests.front().n_threads, options.isa});
}

void LlmBench::prepare(const LlmTest& test) {
    if (engine_ && same_engine(*engine_test_, test)) return;
    const bool same_device = device_.device && engine_test_->n_threads == test.n_threads;
    engine_.reset();
    if (!same_device) {
        roofs_.reset();
        device_ = open_device({"cpu", test.n_threads, options_.isa, options_.repack});
        roofs_ =
            std::make_unique<RoofSet>(*device_.device, device_.device->info().threads, device_.isa);
    }
    std::int64_t context = 1;
    for (const LlmTest& other : options_.tests)
        if (same_engine(other, test)) context = std::max(context, tokens_of(other));
    engine_ = std::make_unique<Engine>(
        *device_.device, models_.at(test.model).model,
        runtime::SessionOptions{.context = context,
                                .kv = *format_from_name(test.type_k),
                                .batch = std::min(test.n_batch, test.n_ubatch)});
    engine_test_ = test;
}

void LlmBench::warm_up(const LlmTest& test) {
    if (test.n_prompt > 0) engine_->prefill(test.n_prompt, test.n_depth);
    if (test.n_gen > 0) engine_->decode(test.n_depth + test.n_prompt);
}

void LlmBench::repeat(const LlmTest& test, LlmResult& result, Workload* roof) {
    // A model that stays in the cache would be driven out of it by a roof in between.
    const bool in_turns = roof != nullptr && models_.at(test.model).tensor_bytes() >
                                                 device_.device->info().last_level_cache_bytes;
    std::optional<BesideRoof> beside;
    if (roof != nullptr) beside.emplace([roof] { return roof_rate(*roof); });
    std::vector<double> shares;
    if (beside && !in_turns) beside->measure();
    if (options_.warm_up) warm_up(test);
    for (std::int64_t i = 0; i < options_.repetitions && interrupt_signal() == 0; ++i) {
        engine_->fill(test.n_depth);
        if (in_turns) beside->measure();
        const bool held_to_roof = beside && (in_turns || i + 1 == options_.repetitions);
        std::int64_t total = 0, stretch = monotonic_ns();
        const auto end_stretch = [&](std::int64_t now) {
            total += now - stretch;
            if (held_to_roof) beside->end_stretch(seconds_of(now - stretch));
            stretch = monotonic_ns();
        };
        if (test.n_prompt > 0) engine_->prefill(test.n_prompt, test.n_depth);
        std::int64_t begin = monotonic_ns();
        for (std::int64_t n = 0; n < test.n_gen; ++n) {
            if (in_turns && begin - stretch >= stretch_ns) {
                end_stretch(begin);
                begin = stretch;
            }
            engine_->decode(test.n_depth + test.n_prompt + n);
            const std::int64_t end = monotonic_ns();
            result.tokens_ns.push_back(end - begin);
            begin = end;
        }
        end_stretch(begin);
        result.samples_ns.push_back(total);
        if (held_to_roof) shares.push_back(beside->share(static_cast<double>(result.bytes)));
    }
    if (shares.empty()) return;
    result.roof_bytes_per_s = beside->rate();
    result.roof_share = reports::median(shares);
}

LlmResult LlmBench::run(const LlmTest& test) {
    prepare(test);
    const LoadedModel& model = models_.at(test.model);
    LlmResult result;
    result.test = test;
    result.test_time = utc_now();
    result.cpu_info = board_.cpu;
    result.backends = "CPU";
    result.isa = device_.isa;
    result.repack = options_.repack;
    result.model_filename = model.facts.path.value_or(test.model);
    result.model_type = model_type(model.facts);
    result.model_size = model.tensor_bytes();
    result.model_n_params = model.facts.parameters;
    edgeroof::Work work;
    if (test.n_prompt > 0) work += engine_->prefill_work(test.n_prompt, test.n_depth);
    if (test.n_gen > 0) work += engine_->decode_work(test.n_gen, test.n_depth + test.n_prompt);
    result.bytes = work.bytes();
    Workload* roof = nullptr;
    if (options_.roof) {
        const RoofEntry entry = plan_.read_of(model.tensor_bytes());
        result.roof = entry.roof.name;
        roof = &roofs_->get(entry);
    }
    repeat(test, result, roof);
    return result;
}

}  // namespace edgeroof::harness
