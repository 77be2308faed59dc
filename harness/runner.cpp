// SPDX-License-Identifier: Apache-2.0
#include "harness/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "harness/clock.hpp"
#include "harness/interrupt.hpp"
#include "harness/operator_workload.hpp"
#include "harness/roof_search.hpp"
#include "reports/analysis/rates.hpp"
#include "reports/analysis/roofline.hpp"

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
                if (m.id == step.id) result = result_text(m);
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

bool Runner::is_known(const PlanStep& step) const {
    if (setup_.earlier == nullptr) return false;
    const reports::Measurement* known = setup_.earlier->find(step.id);
    return known != nullptr && known->stop.reason != reports::StopReason::interrupted;
}

Runner::Measurements Runner::perform(const PlanStep& step) {
    switch (step.kind) {
        case Kind::roof:
            return roof(step);
        case Kind::operators:
            return operators(step);
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
    settings.counters = setup_.counters;
    settings.waiting_threads = setup_.waiting_threads;
    settings.tick = [this](double) { progress_.tick(); };
    settings.stop_now = [] { return interrupt_signal() != 0; };
    return settings;
}

RoofSet& Runner::roof_set(const std::string& device, std::int32_t threads) {
    std::unique_ptr<RoofSet>& set = roof_sets_[{device, threads}];
    if (set) return *set;
    const OpenDevice* open = &setup_.devices.at(device);
    RoofFacts facts{setup_.caches, {}};
    for (const RoofScope& scope : setup_.scopes)
        if (scope.device == device && scope.threads == threads) {
            open = &scope.open;
            facts.scope = threads_text(threads);
        }
    set = std::make_unique<RoofSet>(*open->device, open->device->info().threads, open->isa,
                                    std::move(facts));
    return *set;
}

std::vector<Workload*> Runner::workloads(const PlanStep& step, const std::vector<RoofEntry>& roofs,
                                         std::vector<std::unique_ptr<Workload>>& bursts) {
    std::vector<Workload*> found;
    for (const RoofEntry& roof : roofs) {
        try {
            RoofSet& set = roof_set(step.device);
            if (roof.burst_out_of > 0) {
                bursts.push_back(set.make(roof));
                found.push_back(bursts.back().get());
            } else {
                found.push_back(&set.get(roof));
            }
        } catch (const Unsupported&) {
            // The roof's own step has said so.
        } catch (const Unmeasurable&) {
            // There is too little memory for it beside the workload.
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

reports::Record Runner::facts(const PlanStep& step) const {
    const DeviceInfo& info = setup_.devices.at(step.device).device->info();
    reports::Device device;
    device.id = step.device;
    if (info.last_level_cache_bytes > 0)
        device.last_level_cache_bytes = info.last_level_cache_bytes;
    device.threads = info.threads;
    reports::Record record;
    record.devices = {device};
    record.models = {setup_.models[step.model].facts};
    return record;
}

Runner::Measurements Runner::beside_roofs(const PlanStep& step, const Beside& beside) {
    const auto attempt = [&](const std::vector<RoofEntry>& roofs) {
        std::vector<std::unique_ptr<Workload>> bursts;  // hundreds of MB each
        Measured measured = measure(beside.workload, workloads(step, roofs, bursts),
                                    settings_for(step), beside.profile);
        Measurements all = std::move(measured.roofs);
        if (measured.closer) {
            std::ranges::move(beside.profile->parts(*measured.closer), std::back_inserter(all));
            all.push_back(std::move(*measured.closer));
        }
        all.push_back(std::move(measured.workload));
        return all;
    };
    const reports::Record known = facts(step);
    return measure_below(attempt, known, beside.roofs, [&](const Measurements& measured) {
        std::vector<RoofEntry> shapes =
            access_shapes(setup_.roofs, beside.working_set_bytes, beside.workload.describe());
        std::ranges::move(bursts(setup_.roofs, known, measured), std::back_inserter(shapes));
        return shapes;
    });
}

Runner::Measurements Runner::roof(const PlanStep& step) {
    // Roofs that are measured beside workloads later are kept ready then.
    const std::unique_ptr<Workload> workload = roof_set(step.device, step.threads).make(step.roof);
    return {measure(*workload, {}, settings_for(step)).workload};
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
    const reports::Work work = workload->describe().work;
    const std::uint64_t streamed =
        (work.weight_bytes + work.state_bytes) /
        static_cast<std::uint64_t>(decode != nullptr ? step.work.tokens : 1);
    std::unique_ptr<StepProfileWorkload> profile;
    if (step.profiled)
        profile = std::make_unique<StepProfileWorkload>(
            engine(step), on,
            ProfiledStep{.id = step.id,
                         .work = step.work,
                         .decode = decode != nullptr,
                         .streamed_bytes = streamed,
                         .cache_bytes =
                             setup_.devices.at(step.device).device->info().last_level_cache_bytes});
    Measurements all = beside_roofs(step, {*workload, step.roofs_beside, streamed, profile.get()});
    if (decode != nullptr && !all.back().samples.empty())
        all.insert(all.end() - 1, decode->latency(all.back(), "latency" + step.id.substr(6)));
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
    const std::uint64_t working_set =
        workload.cold() ? model.tensor_bytes() : workload.working_set_bytes();
    std::vector<RoofEntry> roofs = step.roofs_beside;
    roofs.push_back(setup_.roofs.read_of(working_set));
    return beside_roofs(step, {workload, std::move(roofs), working_set, nullptr});
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
        if (m.roof && m.roof->resource == reports::Resource::latency)
            return with_spread(*seconds, 1e-9, "ns");
        const bool compute = m.roof ? m.roof->resource != reports::Resource::memory
                                    : m.work.flops > 50 * m.work.bytes();
        return compute
                   ? with_spread(seconds->rate(static_cast<double>(m.work.flops)), 1e9, "GFLOP/s")
                   : with_spread(seconds->rate(static_cast<double>(m.work.bytes())), 1e9, "GB/s");
    }
    return with_spread(seconds->rate(static_cast<double>(m.tokens)), 1.0, "tokens/s");
}

}  // namespace edgeroof::harness
