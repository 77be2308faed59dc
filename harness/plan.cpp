// SPDX-License-Identifier: Apache-2.0
#include "harness/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "harness/operator_groups.hpp"

namespace edgeroof::harness {
namespace {

using Kind = PlanStep::Kind;

/// Opening, compiling and finding the pace of one workload.
constexpr double set_up_seconds = 0.05;

std::string main_format(const LoadedModel& model) {
    const auto& bytes = model.facts.tensor_bytes;
    return std::max_element(bytes.begin(), bytes.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

class Planner {
  public:
    Planner(const Profile& profile, const std::vector<LoadedModel>& models, const RoofPlan& roofs)
        : profile_(profile), models_(models), roofs_(roofs) {}

    void roofs(const std::string& device, std::span<const RoofScope> scopes) {
        for (const RoofEntry& entry : roofs_.entries()) {
            PlanStep& step = add(Kind::roof, device, 0, {}, profile_.roofs.stop);
            step.roof = entry;
            step.id = fmt::format("roof/{}/{}", device, entry.roof.name);
        }
        for (const RoofScope& scope : scopes)
            for (const RoofEntry& entry : scope.roofs.entries()) {
                // A chase is one thread's; with more it is the same again.
                if (scope.device != device || entry.kind == RoofKind::latency) continue;
                PlanStep& step = add(Kind::roof, device, 0, {}, profile_.roofs.stop);
                step.roof = entry;
                step.threads = scope.threads;
                step.id = fmt::format("roof/{}/{}/{}", device, threads_text(scope.threads),
                                      entry.roof.name);
            }
    }

    void model(const std::string& device, std::size_t index) {
        whole(Kind::prefill, "prefill", device, index, profile_.prefill);
        whole(Kind::decode, "decode", device, index, profile_.decode);
        whole(Kind::first_token, "first token", device, index, profile_.first_token);
        if (profile_.operators) operators(device, index);
    }

    Plan finish() { return std::move(plan_); }

  private:
    /// Of a step of the work.
    std::int64_t tokens_of_pass(Kind kind, const TokenWork& work) const {
        return kind == Kind::decode ? 1 : std::min(work.tokens, profile_.batch);
    }

    PlanStep& add(Kind kind, const std::string& device, std::size_t model, TokenWork work,
                  const StopSettings& stop) {
        PlanStep& step = plan_.steps.emplace_back();
        step.kind = kind;
        step.device = device;
        step.model = model;
        step.work = work;
        step.seconds = stop.max_seconds + profile_.warm_up_seconds + set_up_seconds;
        return step;
    }

    void beside(PlanStep& step, std::vector<RoofEntry> roofs) {
        const std::size_t count = roofs.size() + (step.kind == Kind::operators ? 1 : 0);
        step.seconds += profile_.roofs.slice_seconds * static_cast<double>(count) *
                        static_cast<double>(profile_.roofs.turns + 1);
        step.roofs_beside = std::move(roofs);
    }

    bool fits(std::string_view what, const std::string& device, std::size_t index, TokenWork work) {
        const reports::Model& model = models_[index].facts;
        if (work.tokens + work.depth <= *model.context_length) return true;
        plan_.absent.push_back(
            {fmt::format("{} of {} tokens at depth {} with {} on {}", what, work.tokens, work.depth,
                         model.label, device),
             fmt::format("the model's context is {} tokens", *model.context_length),
             "choose a smaller depth in the profile, or a model with a longer context"});
        return false;
    }

    void whole(Kind kind, std::string_view what, const std::string& device, std::size_t index,
               const TokenWorkSettings& settings) {
        for (const TokenWork& work : settings.work) {
            if (!fits(what, device, index, work)) continue;
            PlanStep& step = add(kind, device, index, work, settings.stop);
            step.id = fmt::format("{}/{}/{}/n{}/d{}", what, models_[index].facts.id, device,
                                  work.tokens, work.depth);
            std::vector<RoofEntry> roofs{
                roofs_.read_of(models_[index].tensor_bytes()),
                roofs_.matmul_compute(main_format(models_[index]), tokens_of_pass(kind, work))};
            // A prompt of several batches is no one step.
            step.profiled = profile_.step_profile && kind != Kind::first_token &&
                            (kind == Kind::decode || work.tokens <= profile_.batch);
            if (step.profiled) {
                step.seconds += settings.stop.max_seconds;
                if (RoofEntry floats = compute_entry(Arithmetic::fp32);
                    floats.roof.name != roofs.back().roof.name)
                    roofs.push_back(std::move(floats));
                for (const auto& [format, bytes] : models_[index].facts.tensor_bytes)
                    if (auto kernel = roofs_.kernel_for(format, tokens_of_pass(kind, work)))
                        roofs.push_back(std::move(*kernel));
            }
            beside(step, std::move(roofs));
        }
    }

    void operators(const std::string& device, std::size_t index) {
        const OperatorSettings& settings = *profile_.operators;
        // The last layer of a prefill works on the one token whose logits are wanted, as all layers
        // of a decode do: that work is the same, and measured once.
        std::set<std::string> planned;
        for (const std::int64_t tokens : settings.tokens) {
            const TokenWork work{tokens, settings.depth};
            if (!fits("operators of a step", device, index, work)) continue;
            const Graph graph = models_[index].model->graph(
                {.tokens = tokens, .context = tokens + settings.depth, .kv = profile_.kv_format});
            const std::vector<OperatorGroup> groups = group_operators(graph);
            for (std::size_t i = 0; i < groups.size(); ++i) {
                if (!planned.insert(groups[i].key).second) continue;
                PlanStep& step = add(Kind::operators, device, index, work, settings.stop);
                step.group = i;
                step.group_name = groups[i].op.name;
                step.id = fmt::format("op/{}/{}/n{}/d{}/{}/{}/{}", models_[index].facts.id, device,
                                      tokens, settings.depth, groups[i].op.name,
                                      groups[i].op.format, fmt::join(groups[i].op.shape, "x"));
                const std::int64_t own = tokens_of(graph, graph.ops[groups[i].members.front()]);
                std::vector<RoofEntry> roofs{roofs_.compute_for(groups[i].op, own)};
                if (groups[i].op.kind == "matmul")
                    if (auto kernel = roofs_.kernel_for(groups[i].op.format, own))
                        roofs.push_back(std::move(*kernel));
                beside(step, std::move(roofs));
            }
        }
    }

    const Profile& profile_;
    const std::vector<LoadedModel>& models_;
    const RoofPlan& roofs_;
    Plan plan_;
};

}  // namespace

std::string PlanStep::text() const {
    const std::string depth = work.depth > 0 ? fmt::format(" at depth {}", work.depth) : "";
    switch (kind) {
        case Kind::roof:
            return threads == 0
                       ? fmt::format("roof: {}", roof.roof.name)
                       : fmt::format("roof: {}, {}", roof.roof.name, threads_text(threads));
        case Kind::prefill:
            return fmt::format("prefill of {} tokens{}", work.tokens, depth);
        case Kind::decode:
            return fmt::format("decode of {} tokens{}", work.tokens, depth);
        case Kind::first_token:
            return fmt::format("first token after {}{}", work.tokens, depth);
        case Kind::operators:
            return fmt::format("{} with {} tokens{}", group_name, work.tokens, depth);
    }
    return {};
}

double Plan::seconds() const {
    return std::accumulate(steps.begin(), steps.end(), 0.0,
                           [](double sum, const PlanStep& step) { return sum + step.seconds; });
}

std::int64_t Plan::context(std::size_t model) const {
    std::int64_t rows = 1;
    for (const PlanStep& step : steps)
        if (step.kind != Kind::roof && step.kind != Kind::operators && step.model == model)
            rows = std::max(rows, step.work.tokens + step.work.depth);
    return rows;
}

Plan make_plan(const Profile& profile, const std::vector<LoadedModel>& models,
               const std::vector<std::string>& devices, const RoofPlan& roofs,
               std::span<const RoofScope> scopes) {
    Planner planner(profile, models, roofs);
    for (const std::string& device : devices) {
        planner.roofs(device, scopes);
        for (std::size_t model = 0; model < models.size(); ++model) planner.model(device, model);
    }
    return planner.finish();
}

}  // namespace edgeroof::harness
