// SPDX-License-Identifier: Apache-2.0
#include "harness/kernels_bench.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <new>
#include <numeric>

#include "harness/board_facts.hpp"
#include "harness/clock.hpp"
#include "harness/counters.hpp"
#include "harness/interrupt.hpp"
#include "harness/measure.hpp"
#include "harness/roof_search.hpp"
#include "harness/roof_sweep.hpp"
#include "harness/runner.hpp"
#include "harness/version.hpp"
#include "kernels/error.hpp"
#include "kernels/work.hpp"
#include "reports/analysis/rates.hpp"

namespace edgeroof::harness {
namespace {

constexpr double warm_up_seconds = 0.05;
/// Of each roof, before and after each repetition.
constexpr double slice_seconds = 0.04;
/// Operands laid out, first use.
constexpr double set_up_seconds = 0.3;
/// Workloads are kept from one repetition to the next while all of them take less of the memory.
constexpr std::uint64_t kept_share = 4;
/// Weights are read from a source, copied and laid out: three times their bytes at most.
constexpr std::uint64_t share_of_one = 4;

/// Seconds that all threads of this process computed.
double process_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::uint64_t operand_bytes(const Graph& graph, const Op& op) {
    std::uint64_t bytes = 0;
    for (const TensorId id : operands(op.kind))
        bytes += row_bytes(graph[id].format, graph[id].shape.row()) *
                 static_cast<std::uint64_t>(graph[id].shape.rows());
    return bytes;
}

/// The worse of two; reasons of both, once each.
void add_validity(reports::Validity& all, const reports::Validity& more) {
    all.state = std::max(all.state, more.state);
    for (const std::string& reason : more.reasons)
        if (std::ranges::find(all.reasons, reason) == all.reasons.end())
            all.reasons.push_back(reason);
}

void append(reports::Measurement& all, const reports::Measurement& more) {
    append_counted(all.counted, more.counted, all.samples.size());
    for (const std::uint64_t turn : more.turns) all.turns.push_back(all.samples.size() + turn);
    all.samples.insert(all.samples.end(), more.samples.begin(), more.samples.end());
    all.warm_up += more.warm_up;
    add_validity(all.validity, more.validity);
    const auto seconds = reports::estimate_seconds(all);
    if (seconds && seconds->interval)
        all.stop.precision_reached = seconds->interval->half_width() / seconds->median;
}

}  // namespace

struct KernelsBench::Case {
    std::string id;
    std::shared_ptr<const Graph> graph;
    OperatorGroup group;
    const WeightSource& weights;
    std::uint64_t model_bytes;          ///< as the operator's workload takes it
    std::uint64_t streamed_bytes = 0;   ///< through the memory that bounds it, once it was open
    std::vector<RoofEntry> roofs = {};  ///< beside it, likewise
    std::string searched = {};          ///< names of those that were looked for
};

/// A workload, and the CPU time that its samples took.
class KernelsBench::Open final : public Workload {
  public:
    Open(const OperatorWorkload::Where& where, const MeasuredOn& on, const Case& one)
        : workload_(where, on, *one.graph, one.group) {}

    reports::Measurement describe() const override { return workload_.describe(); }
    reports::Sample sample() override {
        const double before = process_seconds();
        const reports::Sample sample = workload_.sample();
        cpu_seconds_ += process_seconds() - before;
        seconds_ += seconds_of(sample.ns);
        return sample;
    }

    std::int64_t samples_per_round() const override { return workload_.samples_per_round(); }

    const OperatorWorkload& workload() const { return workload_; }
    /// CPU seconds per second, since the last call.
    double take_cpu_share() {
        const double share = seconds_ > 0 ? cpu_seconds_ / seconds_ : 0.0;
        cpu_seconds_ = seconds_ = 0.0;
        return share;
    }

  private:
    OperatorWorkload workload_;
    double cpu_seconds_ = 0.0, seconds_ = 0.0;
};

KernelsBench::KernelsBench(const KernelsOptions& options, OpenDevice device, reports::Board board,
                           const std::function<void(const std::string&)>& note)
    : options_(options),
      device_(std::move(device)),
      plan_(cache_levels(board), board.memory_bytes.value_or(0), choice_for(*device_.device)) {
    random_.seed(options.seed);
    record_.tool = build_facts();
    record_.board = std::move(board);
    record_.devices.push_back(device_.facts());
    counters_ = open_counters(threads_to_count({}));  // the device's threads are there by now
    const DeviceInfo& info = device_.device->info();
    roofs_ = std::make_unique<RoofSet>(*device_.device, info.threads, device_.isa);
    on_ = {"", info.id, info.threads, device_.isa, ""};
    if (options.model)
        add_model(note);
    else
        add_specs();
    if (cases_.empty())
        throw InputError(fmt::format("{}: no operator of the kinds and formats asked for",
                                     options.model.value_or("kernels")));
    for (const Case& one : cases_) check_memory(one);
}

KernelsBench::~KernelsBench() = default;

void KernelsBench::add_specs() {
    for (KernelSpec spec : options_.specs)
        for (const std::int64_t tokens : options_.batches) {
            spec.tokens = tokens;
            spec.depth = options_.depth;
            const auto graph = std::make_shared<const Graph>(kernel_graph(spec));
            for (const OperatorGroup& group : group_operators(*graph))
                add_group(graph, group, noise_, 0);
        }
}

void KernelsBench::add_model(const std::function<void(const std::string&)>& note) {
    model_ = load_model(find_model(*options_.model, note), *options_.model, false);
    record_.models.push_back(model_.facts);
    on_.model = model_.facts.id;
    on_.kv = traits(Format::f16).name;
    const std::int64_t context = *model_.facts.context_length;
    for (const std::int64_t tokens : options_.batches) {
        if (tokens + options_.depth > context)
            throw InputError(fmt::format("{}: {} tokens at depth {} are beyond its context of {}",
                                         *options_.model, tokens, options_.depth, context));
        const auto graph = std::make_shared<const Graph>(
            model_.model->graph({.tokens = tokens, .context = tokens + options_.depth}));
        for (const OperatorGroup& group : group_operators(*graph)) {
            if (!options_.ops.empty() && !options_.ops.contains(group.op.kind)) continue;
            if (!options_.formats.empty() &&
                !options_.formats.contains(*format_from_name(group.op.format)))
                continue;
            add_group(graph, group, model_.model->weights(), model_.tensor_bytes());
        }
    }
}

void KernelsBench::add_group(const std::shared_ptr<const Graph>& graph, const OperatorGroup& group,
                             const WeightSource& weights, std::uint64_t model_bytes) {
    std::string id = fmt::format("op/{}{}/{}/{}/n{}/d{}", on_.model.empty() ? "" : on_.model + "/",
                                 group.op.name, group.op.format, fmt::join(group.op.shape, "x"),
                                 graph->tokens, options_.depth);
    if (std::ranges::find(cases_, id, &Case::id) != cases_.end()) return;  // asked for twice
    cases_.push_back({std::move(id), graph, group, weights, model_bytes});
}

void KernelsBench::check_memory(const Case& one) const {
    const std::uint64_t memory = record_.board.memory_bytes.value_or(0);
    const Op& op = one.graph->ops[one.group.members.front()];
    const std::uint64_t bytes = operand_bytes(*one.graph, op);
    if (memory > 0 && bytes > memory / share_of_one)
        throw InputError(fmt::format(
            "{}: its operands take {} MiB, more than a quarter of this machine's {} MiB", one.id,
            bytes >> 20U, memory >> 20U));
}

std::size_t KernelsBench::steps() const {
    return cases_.size() * static_cast<std::size_t>(options_.repetitions);
}

std::vector<std::string> KernelsBench::order() const {
    std::vector<std::string> ids;
    for (const Case& one : cases_) ids.push_back(one.id);
    return ids;
}

double KernelsBench::seconds() const {
    // Two roofs, before and after.
    return static_cast<double>(steps()) *
           (options_.min_seconds + warm_up_seconds + 4 * slice_seconds + set_up_seconds);
}

void KernelsBench::run(Progress& progress) {
    std::vector<std::size_t> all(cases_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    repeat(all, progress);
    for (int searches = 0; searches < most_searches && interrupt_signal() == 0; ++searches) {
        const reports::Record record = record_;
        const auto repetitions = repetitions_;
        const std::vector<std::size_t> again = search_roofs();
        if (again.empty()) return;
        const std::size_t steps = again.size() * static_cast<std::size_t>(options_.repetitions);
        progress.add_steps(
            steps, seconds() * static_cast<double>(steps) / static_cast<double>(this->steps()));
        for (const std::size_t index : again) forget(cases_[index].id);
        repeat(again, progress);
        const auto is_missing = [&](std::size_t index) {
            return record_.find(cases_[index].id) == nullptr;
        };
        if (interrupt_signal() != 0 || std::ranges::any_of(again, is_missing)) {
            // What was measured is not lost.
            record_ = record;
            repetitions_ = repetitions;
            return;
        }
    }
}

void KernelsBench::repeat(std::vector<std::size_t> cases, Progress& progress) {
    for (std::int64_t repetition = 0; repetition < options_.repetitions; ++repetition) {
        std::shuffle(cases.begin(), cases.end(), random_);
        for (const std::size_t index : cases) {
            if (interrupt_signal() != 0) return;
            take(index, progress);
        }
    }
}

std::vector<std::size_t> KernelsBench::search_roofs() {
    const auto above = above_their_roofs(record_, record_.measurements);
    std::vector<std::size_t> found;
    for (std::size_t index = 0; index < cases_.size(); ++index) {
        Case& one = cases_[index];
        const reports::Measurement* measured = record_.find(one.id);
        if (measured == nullptr || !above.contains(one.id)) continue;
        if (add_roofs(one.roofs, access_shapes(plan_, one.streamed_bytes, *measured), one.searched))
            found.push_back(index);
    }
    return found;
}

void KernelsBench::forget(const std::string& id) {
    repetitions_.erase(id);
    std::erase_if(record_.measurements, [&](const reports::Measurement& m) {
        return m.id == id || m.id.ends_with(" beside " + id);
    });
}

KernelsBench::Open& KernelsBench::open(std::size_t index) {
    if (const auto found = open_.find(index); found != open_.end()) return *found->second;
    std::uint64_t kept = 0;
    for (const auto& [other, workload] : open_) kept += workload->workload().working_set_bytes();
    const std::uint64_t limit = record_.board.memory_bytes.value_or(0) / kept_share;
    if (kept + plan_.dram_bytes() > limit) open_.clear();
    const Case& one = cases_[index];
    return *(open_[index] =
                 std::make_unique<Open>(OperatorWorkload::Where{.id = one.id,
                                                                .device = *device_.device,
                                                                .weights = one.weights,
                                                                .depth = options_.depth,
                                                                .model_bytes = one.model_bytes,
                                                                .dram_bytes = plan_.dram_bytes(),
                                                                .cache = options_.cache},
                                        on_, one));
}

/// That pass through the memory which bounds it.
std::uint64_t KernelsBench::streamed_bytes(const OperatorWorkload& workload,
                                           const Case& one) const {
    if (!workload.cold() || options_.cache == CacheState::warm) return workload.working_set_bytes();
    return options_.cache == CacheState::cold ? plan_.dram_bytes() : one.model_bytes;
}

void KernelsBench::take(std::size_t index, Progress& progress) {
    Case& one = cases_[index];
    progress.begin(one.id, seconds() / static_cast<double>(steps()));
    const auto known_absent = [&] {
        return std::ranges::find(record_.absent, one.id, &reports::Absence::what) !=
               record_.absent.end();
    };
    if (known_absent()) return progress.end("absent");
    try {
        Open& workload = open(index);
        if (one.roofs.empty()) {
            const Op& op = one.graph->ops[one.group.members.front()];
            one.streamed_bytes = streamed_bytes(workload.workload(), one);
            one.roofs = {plan_.compute_for(one.group.op, tokens_of(*one.graph, op)),
                         plan_.read_of(one.streamed_bytes)};
        }
        std::vector<Workload*> roofs;
        for (const RoofEntry& roof : one.roofs) roofs.push_back(&roofs_->get(roof));
        MeasureSettings settings;
        settings.stop = {.rule = "time-cap",
                         .min_samples = 1,
                         .max_samples = std::int64_t{1} << 30,
                         .max_seconds = options_.min_seconds};
        settings.warm_up_seconds = warm_up_seconds;
        settings.turns = 1;
        settings.slice_seconds = slice_seconds;
        settings.cpus = record_.board.threads;
        settings.tick = [&](double) { progress.tick(); };
        settings.stop_now = [] { return interrupt_signal() != 0; };
        workload.take_cpu_share();
        settings.counters = counters_.counters.get();
        Measured all = measure(workload, roofs, settings);
        const reports::Measurement& measured = all.workload;
        if (const auto seconds = reports::estimate_seconds(measured))
            repetitions_[one.id].push_back(
                {seconds->median, seconds->median * workload.take_cpu_share(),
                 measured.repetitions * static_cast<std::int64_t>(measured.samples.size())});
        if (!one.searched.empty()) all.workload.settings["roof_search"] = one.searched;
        const std::string result = result_text(measured);
        keep(std::move(all.workload));
        for (reports::Measurement& roof : all.roofs) keep(std::move(roof));
        progress.end(result);
    } catch (const Unsupported& error) {
        record_.absent.push_back({one.id, error.what(), std::nullopt});
    } catch (const Unmeasurable& error) {
        record_.absent.push_back({one.id, error.what(), std::nullopt});
    } catch (const std::bad_alloc&) {
        record_.absent.push_back({one.id, "not enough memory", std::nullopt});
    }
    if (known_absent()) progress.end("absent");
}

void KernelsBench::keep(reports::Measurement measured) {
    if (measured.samples.empty()) return;
    measured.stop.reason = reports::StopReason::fixed_count;
    const auto known =
        std::ranges::find(record_.measurements, measured.id, &reports::Measurement::id);
    if (known == record_.measurements.end())
        record_.measurements.push_back(std::move(measured));
    else
        append(*known, measured);
}

}  // namespace edgeroof::harness
