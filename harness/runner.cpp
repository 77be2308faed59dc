// SPDX-License-Identifier: Apache-2.0
#include "harness/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "harness/clock.hpp"
#include "harness/interrupt.hpp"
#include "harness/operator_workload.hpp"
#include "harness/step_profile.hpp"
#include "reports/analysis/rates.hpp"

namespace edgeroof::harness {
namespace {

using Kind = PlanStep::Kind;

std::string spread_text(const reports::Estimate& estimate) {
    if (!estimate.interval) return {};
    return fmt::format(" +/- {:.1f} %", 100.0 * estimate.interval->half_width() / estimate.median);
}

}  // namespace

Runner::Runner(const Setup& setup, const Plan& plan, const RunSink& sink, Progress& progress)
    : setup_(setup), plan_(plan), sink_(sink), progress_(progress) {}

void Runner::run() {
    for (const PlanStep& step : plan_.steps) {
        if (interrupt_signal() != 0) return;
        progress_.begin(
            step.kind == Kind::roof
                ? step.text()
                : fmt::format("{}: {}", setup_.models[step.model].facts.label, step.text()),
            step.seconds);
        if (is_known(step)) {
            progress_.end("known");
            continue;
        }
        std::string result;
        const auto absent = [&](const char* why) {
            sink_.absence({step.text() + " on " + step.device, why, std::nullopt});
            result = why;
        };
        try {
            for (const reports::Measurement& m : perform(step)) {
                if (m.samples.empty() && m.validity.state != reports::State::failed) continue;
                sink_.measurement(m);
                if (m.id == step.id) {
                    finished_[m.id] = m;
                    result = result_text(m);
                }
            }
        } catch (const Unsupported& error) {
            absent(error.what());
        } catch (const Unmeasurable& error) {
            absent(error.what());
        } catch (const DeviceLost& error) {
            absent(error.what());
        } catch (const std::bad_alloc&) {
            absent("not enough memory");
        }
        sink_.step_done();
        progress_.end(result);
    }
}

const reports::Measurement* Runner::finished(const std::string& id) const {
    const auto found = finished_.find(id);
    if (found != finished_.end()) return &found->second;
    return setup_.earlier != nullptr ? setup_.earlier->find(id) : nullptr;
}

bool Runner::is_known(const PlanStep& step) const {
    if (setup_.earlier == nullptr) return false;
    if (step.kind == Kind::step_profile) return is_known_profile(step);
    const reports::Measurement* known = setup_.earlier->find(step.id);
    return known != nullptr && known->stop.reason != reports::StopReason::interrupted;
}

bool Runner::is_known_profile(const PlanStep& step) const {
    // Every operator of the step is in one of its measurements.
    std::size_t members = 0;
    for (const reports::Measurement& m : setup_.earlier->measurements)
        if (m.in_step && m.step == step.id && m.stop.reason != reports::StopReason::interrupted)
            members += m.members.size();
    const std::int64_t tokens = step.group_name == "decode" ? 1 : step.work.tokens;
    const Graph graph = setup_.models[step.model].model->graph(
        {.tokens = tokens, .context = plan_.context(step.model), .kv = setup_.profile.kv_format});
    return members == graph.ops.size();
}

Runner::Measurements Runner::perform(const PlanStep& step) {
    switch (step.kind) {
        case Kind::roof:
            return roof(step);
        case Kind::operators:
            return operators(step);
        case Kind::step_profile:
            return step_profile(step);
        default:
            return tokens(step);
    }
}

const StopSettings& Runner::stop_for(const PlanStep& step) const {
    const Profile& profile = setup_.profile;
    switch (step.kind) {
        case Kind::prefill:
            return profile.prefill.stop;
        case Kind::decode:
            return profile.decode.stop;
        case Kind::first_token:
            return profile.first_token.stop;
        case Kind::operators:
            return profile.operators->stop;
        default:
            return profile.roofs.stop;
    }
}

MeasureSettings Runner::settings_for(const PlanStep& step) const {
    MeasureSettings settings;
    settings.stop = stop_for(step);
    settings.warm_up_seconds = setup_.profile.warm_up_seconds;
    settings.turns = setup_.profile.roofs.turns;
    settings.slice_seconds = setup_.profile.roofs.slice_seconds;
    settings.cpus = setup_.cpus;
    settings.waiting_threads = setup_.waiting_threads;
    settings.tick = [this](double) { progress_.tick(); };
    settings.stop_now = [] { return interrupt_signal() != 0; };
    return settings;
}

RoofSet& Runner::roof_set(const std::string& device) {
    std::unique_ptr<RoofSet>& set = roof_sets_[device];
    if (!set) {
        Device& opened = *setup_.devices.at(device).device;
        set =
            std::make_unique<RoofSet>(opened, opened.info().threads, setup_.devices.at(device).isa);
    }
    return *set;
}

std::vector<Workload*> Runner::workloads(const PlanStep& step,
                                         const std::vector<RoofEntry>& roofs) {
    std::vector<Workload*> found;
    for (const RoofEntry& roof : roofs) {
        try {
            found.push_back(&roof_set(step.device).get(roof));
        } catch (const Unsupported&) {
            // The roof's own step has said so.
        }
    }
    return found;
}

MeasuredOn Runner::measured_on(const PlanStep& step) const {
    const OpenDevice& device = setup_.devices.at(step.device);
    return {setup_.models[step.model].facts.id, step.device, device.device->info().threads,
            device.isa, std::string(traits(setup_.profile.kv_format).name)};
}

Engine& Runner::engine(const PlanStep& step) {
    if (!engine_ || engine_model_ != step.model || engine_device_ != step.device) {
        engine_.reset();  // one model's weights at a time
        engine_ = std::make_unique<Engine>(
            *setup_.devices.at(step.device).device, setup_.models[step.model].model,
            runtime::SessionOptions{.context = plan_.context(step.model),
                                    .kv = setup_.profile.kv_format,
                                    .batch = setup_.profile.batch});
        engine_model_ = step.model;
        engine_device_ = step.device;
    }
    return *engine_;
}

Runner::Measurements Runner::roof(const PlanStep& step) {
    return measure(roof_set(step.device).get(step.roof), {}, settings_for(step));
}

Runner::Measurements Runner::tokens(const PlanStep& step) {
    const MeasuredOn on = measured_on(step);
    const TokenTask task{step.id, step.work};
    std::unique_ptr<Workload> workload;
    DecodeWorkload* decode = nullptr;
    if (step.kind == Kind::prefill) {
        workload = std::make_unique<PrefillWorkload>(engine(step), on, task);
    } else if (step.kind == Kind::first_token) {
        workload = std::make_unique<FirstTokenWorkload>(engine(step), on, task);
    } else {
        auto owned = std::make_unique<DecodeWorkload>(engine(step), on, task);
        decode = owned.get();
        workload = std::move(owned);
    }
    Measurements all = measure(*workload, workloads(step, step.roofs_beside), settings_for(step));
    if (decode != nullptr && !all.front().samples.empty())
        all.push_back(decode->latency(all.front(), "latency" + step.id.substr(6)));
    std::rotate(all.begin(), all.begin() + 1, all.end());
    return all;
}

Runner::Measurements Runner::operators(const PlanStep& step) {
    engine_.reset();
    const LoadedModel& model = setup_.models[step.model];
    const MeasuredOn on = measured_on(step);
    const Graph graph = model.model->graph({.tokens = step.work.tokens,
                                            .logits = runtime::Logits::last,
                                            .context = step.work.tokens + step.work.depth,
                                            .kv = setup_.profile.kv_format});
    const std::vector<OperatorGroup> groups = group_operators(graph);
    OperatorWorkload workload({.id = step.id,
                               .device = *setup_.devices.at(step.device).device,
                               .weights = model.model->weights(),
                               .depth = step.work.depth,
                               .model_bytes = model.tensor_bytes(),
                               .dram_bytes = setup_.roofs.dram_bytes()},
                              on, graph, groups.at(step.group));
    std::vector<RoofEntry> roofs = step.roofs_beside;
    roofs.push_back(
        setup_.roofs.read_of(workload.cold() ? model.tensor_bytes() : workload.footprint_bytes()));
    Measurements all = measure(workload, workloads(step, roofs), settings_for(step));
    std::rotate(all.begin(), all.begin() + 1, all.end());
    return all;
}

Runner::Measurements Runner::step_profile(const PlanStep& step) {
    const reports::Measurement* plain = finished(step.id);
    if (plain == nullptr) return {};  // it was not to be had; that was said
    const auto seconds = reports::estimate_seconds(*plain);
    const bool decode = step.group_name == "decode";
    const std::uint64_t streamed = plain->work.weight_bytes + plain->work.state_bytes;
    const MeasuredOn on = measured_on(step);
    StepProfileWorkload workload(
        engine(step), on,
        {.id = step.id,
         .work = step.work,
         .decode = decode,
         .streamed_bytes =
             decode ? streamed / static_cast<std::uint64_t>(step.work.tokens) : streamed,
         .cache_bytes = setup_.devices.at(step.device).device->info().last_level_cache_bytes});
    Measurements all = measure(workload, workloads(step, step.roofs_beside), settings_for(step));
    Measurements parts = workload.parts(all.front(), seconds ? seconds->median : 0.0);
    all.erase(all.begin());
    std::move(parts.begin(), parts.end(), std::back_inserter(all));
    return all;
}

std::string result_text(const reports::Measurement& m) {
    if (m.validity.state == reports::State::failed) return "failed: " + m.validity.reasons.front();
    const auto seconds = reports::estimate_seconds(m);
    if (!seconds) return "no samples";
    const auto with_spread = [](const reports::Estimate& e, double unit, std::string_view name) {
        return fmt::format("{:.4g} {}{}", e.median / unit, name, spread_text(e));
    };
    if (m.kind == reports::Kind::ttft) return with_spread(*seconds, 1e-3, "ms");
    if (m.kind == reports::Kind::roof || m.kind == reports::Kind::op) {
        const bool compute = m.roof ? m.roof->resource == reports::Resource::compute
                                    : m.work.flops > 50 * m.work.bytes();
        return compute
                   ? with_spread(seconds->rate(static_cast<double>(m.work.flops)), 1e9, "GFLOP/s")
                   : with_spread(seconds->rate(static_cast<double>(m.work.bytes())), 1e9, "GB/s");
    }
    return with_spread(seconds->rate(static_cast<double>(m.tokens)), 1.0, "tokens/s");
}

}  // namespace edgeroof::harness
