// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "reports/analysis/roofline.hpp"

namespace edgeroof::harness {

std::map<std::string, std::string> above_their_roofs(
    const reports::Record& facts, const std::vector<reports::Measurement>& measured) {
    reports::Record record;
    record.devices = facts.devices;
    record.models = facts.models;
    record.measurements = measured;
    const std::vector<reports::RoofLine> roofs = reports::roof_lines(record);
    std::map<std::string, std::string> above;
    for (const reports::Point& point : reports::roofline_points(record, roofs))
        if (point.suspect) above[point.measurement->id] = *point.suspect;
    return above;
}

std::vector<RoofEntry> access_shapes(const RoofPlan& roofs, std::uint64_t working_set_bytes,
                                     const reports::Measurement& workload) {
    const Level near{.name = roofs.read_of(working_set_bytes).roof.level.value_or("DRAM")};
    std::vector<RoofEntry> shapes{stream_of(RoofKind::read, near, working_set_bytes)};
    if (reports::stores_most(workload))
        shapes.push_back(stream_of(RoofKind::copy, near, working_set_bytes));
    if (workload.kind != reports::Kind::op || workload.op->kind != "matmul") return shapes;
    if (auto kernel = roofs.kernel_for(workload.op->format, workload.tokens)) {
        kernel->tokens = workload.tokens;
        kernel->k = workload.op->shape.front();
        kernel->roof.name = fmt::format("{} kernel, {} x {} tokens", workload.op->format, kernel->k,
                                        workload.tokens);
        shapes.push_back(std::move(*kernel));
    }
    return shapes;
}

std::vector<RoofEntry> bursts(const RoofPlan& roofs, const reports::Record& facts,
                              const std::vector<reports::Measurement>& measured) {
    const auto above = above_their_roofs(facts, measured);
    reports::Record record;
    record.measurements = measured;
    std::vector<RoofEntry> entries;
    for (const reports::Measurement& m : measured) {
        const auto cache = m.settings.find("cache");
        if (!above.contains(m.id) || cache == m.settings.end() || cache->second != "cold") continue;
        if (auto burst = roofs.burst_of(reports::bytes_at_a_time(record, m)))
            entries.push_back(std::move(*burst));
    }
    return entries;
}

bool add_roofs(std::vector<RoofEntry>& roofs, std::vector<RoofEntry> more, std::string& names) {
    const std::size_t known = roofs.size();
    for (RoofEntry& one : more) {
        if (std::ranges::find(roofs, one.roof.name,
                              [](const RoofEntry& roof) { return roof.roof.name; }) != roofs.end())
            continue;
        names += (names.empty() ? "" : ", ") + one.roof.name;
        roofs.push_back(std::move(one));
    }
    return roofs.size() > known;
}

std::vector<reports::Measurement> measure_below(const Attempt& attempt,
                                                const reports::Record& facts,
                                                std::vector<RoofEntry> roofs,
                                                const Search& search) {
    std::vector<reports::Measurement> all = attempt(roofs);
    std::string tried;
    std::map<std::string, std::string> above;
    for (int searches = 0;; ++searches) {
        const bool ended = std::ranges::any_of(all, [](const reports::Measurement& m) {
            return m.stop.reason == reports::StopReason::interrupted ||
                   m.stop.reason == reports::StopReason::failed;
        });
        if (ended && tried.empty()) return all;
        above = above_their_roofs(facts, all);
        if (ended || above.empty() || searches == most_searches) break;
        std::string names = tried;
        if (!add_roofs(roofs, search(all), names)) break;
        try {
            all = attempt(roofs);
        } catch (const std::exception&) {
            break;  // too little memory, or a device is lost: what was measured stays
        }
        tried = names;
    }
    for (reports::Measurement& m : all) {
        if (m.kind == reports::Kind::roof) continue;
        if (!tried.empty()) m.settings["roof_search"] = tried;
        const auto reason = above.find(m.id);
        if (reason == above.end()) continue;
        if (m.validity.state == reports::State::ok) m.validity.state = reports::State::suspect;
        m.validity.reasons.push_back(reason->second);
    }
    return all;
}

}  // namespace edgeroof::harness
