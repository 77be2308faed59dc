// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace edgeroof::harness {
namespace {

constexpr std::array<std::string_view, 7> kind_names = {"read",    "write",   "copy",  "triad",
                                                        "latency", "compute", "kernel"};

/// Of a working set of so many times its size a cache still holds a part that tells.
constexpr std::uint64_t still_holds = 4;
/// More than any machine's caches are shared by.
constexpr std::int32_t most_threads = 1 << 20;

}  // namespace

std::string_view name(RoofKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::vector<std::string_view> roof_kinds() { return {kind_names.begin(), kind_names.end()}; }

std::optional<RoofKind> roof_kind_from_name(std::string_view text) {
    const auto found = std::ranges::find(kind_names, text);
    if (found == kind_names.end()) return std::nullopt;
    return static_cast<RoofKind>(found - kind_names.begin());
}

bool is_stream(RoofKind kind) { return kind <= RoofKind::triad; }

std::vector<std::string_view> arithmetic_names() {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < arithmetic_count; ++i)
        names.push_back(edgeroof::name(static_cast<Arithmetic>(i)));
    return names;
}

std::optional<Arithmetic> arithmetic_from_name(std::string_view text) {
    for (std::size_t i = 0; i < arithmetic_count; ++i)
        if (edgeroof::name(static_cast<Arithmetic>(i)) == text) return static_cast<Arithmetic>(i);
    return std::nullopt;
}

RoofEntry memory_entry(RoofKind kind, const Level& level) {
    RoofEntry entry;
    entry.roof = {
        kind == RoofKind::latency ? reports::Resource::latency : reports::Resource::memory,
        fmt::format("{} {}", level.name, name(kind)), level.name};
    entry.kind = kind;
    entry.bytes = level.working_set;
    return entry;
}

RoofEntry compute_entry(Arithmetic arithmetic) {
    const bool dots = arithmetic >= Arithmetic::bf16;
    RoofEntry entry;
    entry.roof = {reports::Resource::compute,
                  fmt::format("{} {}", edgeroof::name(arithmetic), dots ? "dot" : "FMA"),
                  std::nullopt};
    entry.kind = RoofKind::compute;
    entry.arithmetic = arithmetic;
    return entry;
}

RoofEntry kernel_entry(Format format, std::int64_t tokens) {
    RoofEntry entry;
    entry.roof = {
        reports::Resource::kernel,
        fmt::format("{} kernel, {}", traits(format).name, tokens == 1 ? "1 token" : "many tokens"),
        std::nullopt};
    entry.kind = RoofKind::kernel;
    entry.format = format;
    entry.tokens = tokens;
    return entry;
}

RoofEntry stream_of(RoofKind kind, const Level& level, std::uint64_t bytes) {
    const std::uint64_t kilobytes = std::max<std::uint64_t>(bytes / 1000, 1);
    RoofEntry entry = memory_entry(kind, level);
    entry.roof.name += fmt::format(" ({} kB)", kilobytes);
    entry.bytes = kilobytes * 1000;
    return entry;
}

RoofPlan::RoofPlan(std::vector<Level> levels, RoofChoice choice)
    : levels_(std::move(levels)), choice_(std::move(choice)) {
    const auto wanted = [&](const Level& level) {
        return choice_.levels.empty() || choice_.levels.count(level.name) != 0;
    };
    // DRAM first: it is what most of a run is compared with.
    for (const RoofKind kind : choice_.kinds) {
        if (!is_stream(kind) && kind != RoofKind::latency) continue;
        if (wanted(levels_.back())) entries_.push_back(memory_entry(kind, levels_.back()));
        for (const Level& level : levels_)
            if (level.capacity > 0 && wanted(level)) entries_.push_back(memory_entry(kind, level));
    }
    if (choice_.kinds.count(RoofKind::compute) != 0)
        for (const Arithmetic arithmetic : choice_.arithmetic)
            entries_.push_back(compute_entry(arithmetic));
    if (choice_.kinds.count(RoofKind::kernel) != 0)
        for (const Format format : choice_.formats)
            for (const std::int64_t tokens : kernel_tokens)
                entries_.push_back(kernel_entry(format, tokens));
}

RoofPlan::RoofPlan(const std::vector<CacheLevel>& caches, std::uint64_t memory_bytes,
                   RoofChoice choice)
    : RoofPlan(levels_by_size(caches, most_threads, memory_bytes), std::move(choice)) {}

RoofEntry RoofPlan::read_of(std::uint64_t bytes) const {
    std::uint64_t nearer = 0;
    for (const Level& level : levels_) {
        if (bytes <= level.capacity)
            return bytes < still_holds * nearer ? stream_of(RoofKind::read, level, bytes)
                                                : memory_entry(RoofKind::read, level);
        nearer = level.capacity;
    }
    Level beyond = levels_.back();
    if (bytes >= beyond.working_set) return memory_entry(RoofKind::read, beyond);
    const std::uint64_t megabytes = std::max<std::uint64_t>((bytes + 500'000) / 1'000'000, 1);
    beyond.working_set = megabytes * 1'000'000;
    RoofEntry entry = memory_entry(RoofKind::read, beyond);
    entry.roof.name = fmt::format("DRAM read ({} MB)", megabytes);
    return entry;
}

std::optional<RoofEntry> RoofPlan::burst_of(std::uint64_t bytes) const {
    constexpr std::uint64_t least = 200'000, most = 100'000'000;
    if (bytes < least || bytes > most) return std::nullopt;
    RoofEntry entry = memory_entry(RoofKind::read, levels_.back());
    entry.roof.name = fmt::format("DRAM burst read ({} kB)", bytes / 1000);
    entry.bytes = bytes / 1000 * 1000;
    // Until a piece comes again, four times the last cache has passed through it.
    const std::uint64_t cache = levels_.size() > 1 ? levels_[levels_.size() - 2].capacity : 0;
    entry.burst_out_of = 4 * std::max(cache > 0 ? cache : dram_bytes() / 4, bytes);
    return entry;
}

RoofEntry RoofPlan::matmul_compute(std::string_view format, std::int64_t tokens) const {
    const auto weights = format_from_name(format);
    return compute_entry(weights && choice_.matmul_arithmetic
                             ? choice_.matmul_arithmetic(*weights, tokens)
                             : Arithmetic::fp32);
}

RoofEntry RoofPlan::compute_for(const reports::Operator& op, std::int64_t tokens) const {
    return op.kind == "matmul" ? matmul_compute(op.format, tokens)
                               : compute_entry(Arithmetic::fp32);
}

std::optional<RoofEntry> RoofPlan::kernel_for(std::string_view format, std::int64_t tokens) const {
    const auto found = format_from_name(format);
    if (choice_.kinds.count(RoofKind::kernel) == 0 || !found || traits(*found).block_values == 1)
        return std::nullopt;
    return kernel_entry(*found, tokens == 1 ? kernel_tokens[0] : kernel_tokens[1]);
}

}  // namespace edgeroof::harness
