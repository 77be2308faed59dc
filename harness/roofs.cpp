// SPDX-License-Identifier: Apache-2.0
#include "harness/roofs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "devices/cpu/huge_pages.hpp"
#include "harness/clock.hpp"
#include "kernels/work.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

/// A sample should dwarf the start of a step (some microseconds) and the clock (tens of ns).
constexpr double sample_seconds = 2e-3;
/// Before a burst. Memory has recovered after two; arithmetic in registers keeps the clocks up.
constexpr std::int64_t rest_ms = 3;
constexpr std::int64_t most_passes = std::int64_t{1} << 40;

class RoofWorkload final : public Workload {
  public:
    RoofWorkload(Device& device, const WeightSource& source, RoofEntry entry, std::int32_t threads,
                 std::string isa, RoofFacts facts)
        : device_(device),
          source_(source),
          memory_(device.create_memory(source)),
          entry_(std::move(entry)),
          threads_(threads),
          isa_(std::move(isa)),
          facts_(std::move(facts)) {}

    /// The fastest of all variants. A machine's bandwidth may change between two tries: those that
    /// lead after a few are tried in turns, and held against each other turn by turn.
    RoofVariant search() {
        const std::vector<RoofVariant> variants = roof_variants(entry_);
        set_up(variants.front());
        std::vector<std::size_t> contenders(variants.size());
        std::iota(contenders.begin(), contenders.end(), std::size_t{0});
        std::vector<double> best(variants.size(), std::numeric_limits<double>::infinity());
        for (int turn = 0; turn < 2; ++turn)
            for (const std::size_t i : contenders)
                best[i] = std::min(best[i], seconds_per_work(variants[i], i == 0));
        std::ranges::stable_sort(contenders, {}, [&](std::size_t i) { return best[i]; });
        constexpr std::size_t leaders = 5;
        contenders.resize(std::min(leaders, contenders.size()));
        std::ranges::sort(contenders);  // the plainest first

        constexpr int turns = 7;
        std::vector<std::vector<double>> behind(contenders.size());
        for (int turn = 0; turn < turns; ++turn) {
            std::vector<double> seconds;
            for (const std::size_t i : contenders) {
                seconds.push_back(seconds_per_work(variants[i], i == 0));
                best[i] = std::min(best[i], seconds.back());
            }
            const double fastest = *std::ranges::min_element(seconds);
            for (std::size_t c = 0; c < contenders.size(); ++c)
                behind[c].push_back(seconds[c] / fastest);
        }
        std::vector<double> score;
        for (const std::vector<double>& of_one : behind) score.push_back(reports::median(of_one));
        // Ways that are equal while others use the memory too may differ when it is free: then the
        // best try tells. A plainer one stands unless that is better than the clock can blur.
        const double equal = 1.03 * *std::ranges::min_element(score);
        std::optional<std::size_t> chosen;
        for (std::size_t c = 0; c < contenders.size(); ++c)
            if (score[c] <= equal && (!chosen || best[contenders[c]] < 0.995 * best[*chosen]))
                chosen = contenders[c];
        set_up(variants[*chosen]);
        return variants[*chosen];
    }

    /// As many passes as make a sample long enough.
    void set_up(const RoofVariant& variant) {
        if (entry_.burst_out_of > 0) {
            set_up_rest();
            compile(variant);
            // What was just written is slow to be read for the first time, on virtual machines.
            for (int round = 0; round < 2; ++round)
                for (const auto& piece : executables_) piece->run(Step::at(0, 1));
            return;
        }
        passes_ = entry_.kind == RoofKind::compute   ? 100'000
                  : entry_.kind == RoofKind::latency ? 10'000
                                                     : 1;
        compile(variant);
        for (int tries = 0; tries < 5; ++tries) {
            run();  // pages are mapped, clocks rise
            // A thread that had to wait makes one run long: too few passes would be for good.
            double seconds = seconds_of(run().ns);
            for (int again = 0; again < 2 && seconds >= 0.7 * sample_seconds; ++again)
                seconds = std::min(seconds, seconds_of(run().ns));
            if (seconds >= 0.7 * sample_seconds) break;
            const double factor = 1.1 * sample_seconds / std::max(seconds, 1e-7);
            passes_ = std::min(
                most_passes, static_cast<std::int64_t>(std::ceil(static_cast<double>(passes_) *
                                                                 std::clamp(factor, 1.5, 5000.0))));
            compile(variant);
        }
    }

    /// The fastest pages of several. Which lines push each other out of a cache is a matter of
    /// physical addresses: of a machine's small pages, or a host's below a guest's huge ones.
    void choose_pages() {
        constexpr std::uint64_t chance_matters = std::uint64_t{64} << 20;
        if (!is_stream(entry_.kind) || entry_.burst_out_of > 0 || entry_.bytes > chance_matters)
            return;
        constexpr std::uint64_t at_once = std::uint64_t{256} << 20, most_tries = 7;
        const std::uint64_t tries =
            std::min(most_tries, at_once / std::max<std::uint64_t>(entry_.bytes, 1) - 1);
        double best = seconds_on_pages();
        std::vector<std::unique_ptr<Memory>> others;  // kept, so that the next has other pages
        for (std::uint64_t i = 0; i < tries; ++i) {
            others.push_back(std::exchange(memory_, device_.create_memory(source_)));
            compile({.walk = walk_});
            const double now = seconds_on_pages();
            if (now < best)
                best = now;
            else
                std::swap(memory_, others.back());
        }
        compile({.walk = walk_});
        run();
    }

    reports::Measurement describe() const override {
        const Op& op = graph_.ops.front();
        reports::Measurement m;
        m.id = fmt::format("roof/{}/{}{}", device_.info().id,
                           facts_.scope.empty() ? "" : facts_.scope + "/", entry_.roof.name);
        m.kind = reports::Kind::roof;
        m.device = device_.info().id;
        m.roof = entry_.roof;
        m.threads = entry_.kind == RoofKind::latency ? 1 : threads_;
        m.isa = isa_;
        m.tokens = graph_.tokens;
        m.repetitions = entry_.kind == RoofKind::compute ? 1 : passes_;
        m.op = reports::Operator{entry_.roof.name, std::string(kind_name(op.kind)), "F32", {1}};
        if (entry_.kind == RoofKind::compute) {
            m.op->format = format_of(entry_.arithmetic);
            m.work.flops = executables_.front()->roof_operations();
            return m;
        }
        const std::vector<TensorId> ids = reads(op.kind);
        const Tensor& main = graph_[ids.empty() ? writes(op.kind).front() : ids.front()];
        m.op->format = traits(main.format).name;
        m.op->shape = {main.shape.row(), main.shape.rows()};
        const edgeroof::Work work = work_of(graph_, op, 0);
        const auto each = static_cast<std::uint64_t>(m.repetitions);
        // What a read and a chase return comes once for all passes: it is none of one pass's.
        const bool returns = entry_.kind == RoofKind::read || entry_.kind == RoofKind::latency;
        m.work = {work.flops / each, work.weight_bytes / each, work.state_bytes / each,
                  returns ? 0 : work.activation_bytes / each};
        if (is_stream(entry_.kind)) {
            m.settings["streams"] = std::to_string(walk_.streams);
            m.settings["prefetch"] = walk_.prefetch > 0
                                         ? fmt::format("{} bytes ahead{}", walk_.prefetch,
                                                       walk_.past_l2 ? ", past L2" : "")
                                         : std::string("none");
            if (rest_) m.settings["burst"] = fmt::format("after {} ms of arithmetic", rest_ms);
            if (walk_.half_vectors) m.settings["vectors"] = "of half the width";
            if (walk_.in_fours) m.settings["order"] = "four loads before four stores";
            if (entry_.kind != RoofKind::read)
                m.settings["stores"] = walk_.past_cache ? "past the cache" : "plain";
        }
        if (entry_.kind == RoofKind::kernel)
            m.roof->level = level_of(kernel_bytes(m));
        else
            note_pages(m);
        return m;
    }

    reports::Sample sample() override { return run(); }

  private:
    static std::string format_of(Arithmetic arithmetic) {
        switch (arithmetic) {
            case Arithmetic::fp64:
                return "F64";
            case Arithmetic::fp32:
                return "F32";
            case Arithmetic::fp16:
                return "F16";
            case Arithmetic::bf16:
                return "BF16";
            case Arithmetic::int8:
                return "Q8_0";
            case Arithmetic::int4:
                return "INT4";
        }
        return {};
    }

    /// What a thread goes through in every pass of a kernel: its rows of the weights, all
    /// activations (of blocks a byte and a share of a scale for each number), its part of the
    /// output.
    std::uint64_t kernel_bytes(const reports::Measurement& m) const {
        const auto k = static_cast<std::uint64_t>(m.op->shape[0]),
                   rows = static_cast<std::uint64_t>(m.op->shape[1]),
                   threads = static_cast<std::uint64_t>(threads_),
                   tokens = static_cast<std::uint64_t>(m.tokens);
        const std::uint64_t activations =
            traits(entry_.format).block_values > 1 ? k * tokens * 9 / 8 : k * tokens * 4;
        return m.work.weight_bytes / threads + activations + rows / threads * tokens * 4;
    }

    /// The nearest cache of a core that holds so much.
    std::optional<std::string> level_of(std::uint64_t bytes) const {
        if (facts_.caches.empty()) return std::nullopt;
        for (const CacheLevel& cache : facts_.caches)
            if (bytes <= cache.bytes) return fmt::format("L{}", cache.level);
        return "DRAM";
    }

    void note_pages(reports::Measurement& m) const {
        const auto pages = memory_->huge_pages();
        if (!pages || pages->asked == 0) return;
        const auto share = static_cast<double>(pages->got) / static_cast<double>(pages->asked);
        m.settings["huge_pages"] = pages->got == pages->asked ? "all"
                                   : pages->got == 0          ? "asked for, none got"
                                                     : fmt::format("{:.0f} %", 100 * share);
        if (const auto setting = cpu::huge_page_setting())
            m.settings["huge_page_setting"] = *setting;
    }

    /// Of a run right after another. Infinite for a way that the device has not, but for the
    /// plainest: then it has no such roof (Unsupported).
    double seconds_per_work(const RoofVariant& variant, bool plainest) {
        try {
            compile(variant);
        } catch (const Unsupported&) {
            if (plainest) throw;
            return std::numeric_limits<double>::infinity();
        }
        run();
        return seconds_of(run().ns) / amount();
    }

    double seconds_on_pages() {
        run();  // pages are mapped
        double best = std::numeric_limits<double>::infinity();
        for (int again = 0; again < 3; ++again) best = std::min(best, seconds_of(run().ns));
        return best;
    }

    /// Of work: variants of a kernel differ in size.
    double amount() const {
        const edgeroof::Work work = work_of(graph_, graph_.ops.front(), 0);
        return static_cast<double>(std::max(work.flops, work.bytes()));
    }

    void compile(const RoofVariant& variant) {
        walk_ = variant.walk;
        executables_.clear();
        for (std::uint64_t piece = 0; piece < pieces_of(entry_); ++piece) {
            graph_ = roof_graph(entry_, threads_, variant, passes_, piece);
            executables_.push_back(device_.compile(graph_, *memory_));
        }
        for (const TensorId input : graph_.inputs) {
            // Within -1 to 1 and no denormals, as activations are.
            std::vector<float> values(static_cast<std::size_t>(graph_[input].shape.values()));
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] = static_cast<float>(i % 251) / 125.5F - 0.998F;
            executables_.front()->write(input, std::as_bytes(std::span(values)));
        }
    }

    /// Of short steps: threads that have long ones end them so far apart that one falls asleep.
    void set_up_rest() {
        if (rest_) return;
        constexpr std::int64_t passes = 1000;
        rest_ = device_.compile(roof_graph(compute_entry(Arithmetic::fp32), threads_, {}, passes),
                                *memory_);
    }

    reports::Sample run() {
        // A chase that always began at one line would find the lines after it in a cache. In a
        // random cycle any other line is as good a start.
        const std::int64_t position = entry_.kind == RoofKind::latency ? runs_ : 0;
        Executable& executable =
            *executables_[static_cast<std::size_t>(runs_++) % executables_.size()];
        if (rest_) return burst(executable);
        const std::int64_t start = monotonic_ns();
        const StepTime time =
            executable.run(Step::at(position, static_cast<std::int32_t>(graph_.tokens)));
        return {start, time.device.value_or(time.host).count()};
    }

    /// By the clocks that time operators within a step: what starting a step takes is no small part
    /// of some dozen microseconds.
    reports::Sample burst(Executable& piece) {
        const std::int64_t rest_start = monotonic_ns();
        while (monotonic_ns() - rest_start < rest_ms * 1'000'000) rest_->run(Step::at(0, 1));
        const std::int64_t start = monotonic_ns();
        return {start, piece.profile(Step::at(0, 1)).front().time.count()};
    }

    Device& device_;
    const WeightSource& source_;
    std::unique_ptr<Memory> memory_;
    RoofEntry entry_;
    std::int32_t threads_;
    std::string isa_;
    RoofFacts facts_;
    Walk walk_;
    std::int64_t passes_ = 1, runs_ = 0;
    Graph graph_;
    std::vector<std::unique_ptr<Executable>> executables_;  ///< of a burst, one for each piece
    std::unique_ptr<Executable> rest_;                      ///< before a burst
};

/// A cycle through all lines in random order (Sattolo 1986, "An algorithm to generate a random
/// cyclic permutation"), so that no prefetcher knows the next.
std::vector<std::int32_t> random_cycle(std::size_t lines) {
    std::vector<std::int32_t> next(lines);
    std::iota(next.begin(), next.end(), 0);
    std::mt19937 random(12345);
    for (std::size_t i = lines - 1; i > 0; --i) std::swap(next[i], next[random() % i]);
    std::vector<std::int32_t> values(lines * chase_line_values, 0);
    for (std::size_t i = 0; i < lines; ++i) values[i * chase_line_values] = next[i];
    return values;
}

}  // namespace

/// Bytes for the streams and kernels: a small number as F16, BF16 and F32 alike, no NaN and no
/// denormal, and not all zero: a page of zeros may be one page for all. For a chase, its cycle.
class RoofSet::Source final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        const std::size_t size = row_bytes(weight.format, weight.shape.row()) *
                                 static_cast<std::size_t>(weight.shape.rows());
        std::vector<std::byte>& data = data_[weight.name];
        if (data.size() == size) return data;
        data.assign(size, std::byte{0x2A});
        if (weight.format == Format::i32) {
            const auto cycle = random_cycle(static_cast<std::size_t>(weight.shape.rows()));
            std::memcpy(data.data(), cycle.data(), size);
        }
        return data;
    }
    void release(const Tensor& weight) const override { data_.erase(weight.name); }

  private:
    mutable std::map<std::string, std::vector<std::byte>> data_;
};

RoofSet::RoofSet(Device& device, std::int32_t threads, std::string isa, RoofFacts facts)
    : device_(device),
      threads_(threads),
      isa_(std::move(isa)),
      facts_(std::move(facts)),
      source_(std::make_unique<Source>()) {}

RoofSet::~RoofSet() = default;

std::unique_ptr<Workload> RoofSet::make(const RoofEntry& entry) {
    auto workload =
        std::make_unique<RoofWorkload>(device_, *source_, entry, threads_, isa_, facts_);
    if (!is_stream(entry.kind) && entry.kind != RoofKind::kernel) {
        workload->set_up({});
    } else if (const auto known = fastest_.find(entry.roof.name); known != fastest_.end()) {
        workload->set_up(known->second);
    } else {
        fastest_[entry.roof.name] = workload->search();
    }
    workload->choose_pages();
    return workload;
}

Workload& RoofSet::get(const RoofEntry& entry) {
    std::unique_ptr<Workload>& made = made_[entry.roof.name];
    if (!made) made = make(entry);
    return *made;
}

}  // namespace edgeroof::harness
