// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "reports/analysis/rates.hpp"

namespace edgeroof::reports {
namespace {

/// Below this share of a roof it is not the roof that bounds.
constexpr double bound_from = 0.5;

bool comparable(const RoofLine& roof, const Measurement& m, Resource resource) {
    return roof.resource == resource && roof.device == m.device &&
           (!roof.threads || !m.threads || roof.threads == m.threads);
}

bool is_read(const RoofLine& roof) {
    return std::ranges::all_of(roof.measurements, [](const Measurement* r) {
        return !r->op || r->op->kind == "stream_read";
    });
}

bool is_float(std::string_view format) {
    return format == "F32" || format == "F16" || format == "BF16" || format == "F64";
}

std::string format_of(const Record& record, const Measurement& m) {
    if (m.op) return m.op->format;
    for (const Model& model : record.models)
        if (m.model == model.id && !model.tensor_bytes.empty())
            return std::ranges::max_element(model.tensor_bytes, {},
                                            [](const auto& entry) { return entry.second; })
                ->first;
    return "F32";
}

/// How often the model is gone through in one repetition: a decode of n tokens is n passes.
std::uint64_t passes(const Measurement& step) {
    return step.kind == Kind::decode ? static_cast<std::uint64_t>(step.tokens) : 1;
}

std::uint64_t streamed_per_pass(const Measurement& step) {
    return (step.work.weight_bytes + step.work.state_bytes) / passes(step);
}

/// A burst is of whole pages, as many for each thread, and its size is told in kB.
bool is_as_long(std::uint64_t burst, std::uint64_t bytes, std::int32_t threads) {
    return burst <= bytes && bytes - burst < 1000 + 4096 * static_cast<std::uint64_t>(threads);
}

/// Above a roof by more than the interval; without an interval nothing can be said.
bool is_above(const std::optional<Share>& share) {
    return share && share->value.interval && share->value.interval->low > 1.0;
}

Bound bound_of(const Point& p) {
    const double memory = p.memory_share ? p.memory_share->value.median : 0.0;
    const double compute = p.compute_share ? p.compute_share->value.median : 0.0;
    if (std::max(memory, compute) >= bound_from) {
        if (memory < compute) return Bound::compute;
        return p.cached ? Bound::cache : Bound::memory;
    }
    if (p.kernel_share && p.kernel_share->value.median >= bound_from) return Bound::kernel;
    if (p.cached && !p.memory_share) return Bound::cache;
    return p.memory_share || p.compute_share ? Bound::overhead : Bound::unknown;
}

void judge(Point& p) {
    p.bound = bound_of(p);
    const auto check = [&](const std::optional<Share>& share, const RoofLine* roof) {
        if (is_above(share))
            p.suspect = fmt::format("It is above its roof: {:.0f} % of {}.",
                                    share->value.median * 100.0, roof->name);
    };
    check(p.memory_share, p.memory_roof);
    check(p.compute_share, p.compute_roof);
    check(p.kernel_share, p.kernel_roof);
}

std::optional<Point> point_of(const Record& record, const std::vector<RoofLine>& roofs,
                              const Measurement& m) {
    const auto seconds = estimate_seconds(m);
    const auto flops = static_cast<double>(m.work.flops);
    const auto bytes = static_cast<double>(bytes_through_memory(m));
    if (!seconds || bytes == 0.0) return std::nullopt;
    Point p;
    p.measurement = &m;
    p.intensity = flops / bytes;
    p.seconds = *seconds;
    p.flop_rate = seconds->rate(flops);
    p.byte_rate = seconds->rate(bytes);
    p.memory_roof = memory_roof_for(roofs, record, m);
    p.compute_roof = compute_roof_for(roofs, record, m);
    p.cached = fits_cache(record, m);
    if (p.memory_roof != nullptr && !(p.cached && is_dram(*p.memory_roof)))
        p.memory_share = share_of(*p.memory_roof, m, bytes);
    if (p.compute_roof != nullptr) p.compute_share = share_of(*p.compute_roof, m, flops);
    p.kernel_roof = kernel_roof_for(roofs, m);
    if (p.kernel_roof != nullptr) p.kernel_share = share_of(*p.kernel_roof, m, flops);
    judge(p);
    return p;
}

}  // namespace

const Share* Point::nearest() const {
    if (bound == Bound::cache && !memory_share) return nullptr;  // by a roof that was not measured
    const Share* memory = memory_share ? &*memory_share : nullptr;
    const Share* compute = compute_share ? &*compute_share : nullptr;
    if (memory == nullptr || compute == nullptr) return memory != nullptr ? memory : compute;
    return memory->value.median >= compute->value.median ? memory : compute;
}

std::string Point::roof_name() const {
    const Share* share = nearest();
    if (share == nullptr) return "";
    return memory_share && share == &*memory_share ? memory_roof->name : compute_roof->name;
}

std::uint64_t bytes_through_memory(const Measurement& m) {
    const std::uint64_t streamed = m.work.weight_bytes + m.work.state_bytes;
    if (m.kind != Kind::op) return streamed;
    const auto cache = m.settings.find("cache");
    const bool cold = cache != m.settings.end() && cache->second == "cold";
    return cold || streamed >= m.work.activation_bytes ? streamed : m.work.bytes();
}

std::uint64_t bytes_at_a_time(const Record& record, const Measurement& m) {
    const std::uint64_t bytes = bytes_through_memory(m);
    if (m.kind != Kind::op) return bytes / passes(m);
    if (!m.in_step) return bytes;
    const Measurement* step = m.step ? record.find(*m.step) : nullptr;
    const std::uint64_t members = std::max<std::uint64_t>(1, m.members.size());
    return bytes / members / (step != nullptr ? passes(*step) : 1);
}

bool stores_most(const Measurement& m) { return m.op && m.op->kind == "kv_store"; }

bool is_dram(const RoofLine& roof) { return roof.level.value_or("DRAM") == "DRAM"; }

const RoofLine* memory_roof_for(const std::vector<RoofLine>& roofs, const Record& record,
                                const Measurement& m) {
    const Measurement* step = m.in_step && m.step ? record.find(*m.step) : nullptr;
    const std::vector<std::string>& ids =
        m.roofs.empty() && step != nullptr ? step->roofs : m.roofs;
    const auto beside = [&](const RoofLine& roof) {
        return std::ranges::any_of(roof.measurements, [&](const Measurement* r) {
            return std::ranges::find(ids, r->id) != ids.end();
        });
    };
    const std::uint64_t at_a_time = bytes_at_a_time(record, m);
    const auto bounds = [&](const RoofLine& roof) {
        return comparable(roof, m, Resource::memory) && (is_read(roof) || stores_most(m)) &&
               (!roof.burst_bytes ||
                is_as_long(*roof.burst_bytes, at_a_time, roof.threads.value_or(1)));
    };
    const RoofLine* best = nullptr;
    double lowest = std::numeric_limits<double>::infinity();
    for (const RoofLine& roof : roofs) {
        if (!bounds(roof) || !beside(roof)) continue;
        const auto share = share_of(roof, m, static_cast<double>(bytes_through_memory(m)));
        if (!share || share->value.median >= lowest) continue;
        best = &roof;
        lowest = share->value.median;
    }
    if (best != nullptr) return best;
    for (const RoofLine& roof : roofs)
        if (bounds(roof) && is_dram(roof) &&
            (best == nullptr || roof.rate.median > best->rate.median))
            best = &roof;
    return best;
}

const RoofLine* compute_roof_for(const std::vector<RoofLine>& roofs, const Record& record,
                                 const Measurement& m) {
    const auto fastest = [&](auto of_arithmetic) {
        const RoofLine* best = nullptr;
        for (const RoofLine& roof : roofs)
            if (comparable(roof, m, Resource::compute) && of_arithmetic(roof) &&
                (best == nullptr || roof.rate.median > best->rate.median))
                best = &roof;
        return best;
    };
    if (const auto told = m.settings.find("arithmetic"); told != m.settings.end())
        return fastest(
            [&](const RoofLine& roof) { return roof.name.starts_with(told->second + " "); });
    // Records of earlier versions.
    const std::string format = format_of(record, m);
    for (const std::string& wanted : {format, std::string(is_float(format) ? "F32" : "Q8_0")})
        if (const RoofLine* roof =
                fastest([&](const RoofLine& one) { return one.format == wanted; }))
            return roof;
    return nullptr;
}

const RoofLine* kernel_roof_for(const std::vector<RoofLine>& roofs, const Measurement& m) {
    if (m.kind != Kind::op || !m.op || m.op->kind != "matmul" || m.work.weight_bytes == 0)
        return nullptr;
    const auto per_byte = [](const Measurement& of) {
        return static_cast<double>(of.work.flops) / static_cast<double>(of.work.weight_bytes);
    };
    const RoofLine* best = nullptr;
    for (const RoofLine& roof : roofs) {
        const Measurement& kernel = *roof.measurements.front();
        if (!comparable(roof, m, Resource::kernel) || roof.format != m.op->format ||
            kernel.work.weight_bytes == 0)
            continue;
        // Tokens that pass each weight: of one format the arithmetic per byte tells.
        const double tokens = per_byte(m) / per_byte(kernel) * static_cast<double>(roof.tokens);
        if ((roof.tokens == 1) != (tokens < 1.5)) continue;
        if (best == nullptr || roof.rate.median > best->rate.median) best = &roof;
    }
    return best;
}

bool fits_cache(const Record& record, const Measurement& m) {
    if (const auto state = m.settings.find("cache"); state != m.settings.end())
        return state->second != "cold";
    const auto device = std::ranges::find(record.devices, m.device, &Device::id);
    if (device == record.devices.end() || !device->last_level_cache_bytes) return false;
    const std::uint64_t cache = *device->last_level_cache_bytes;
    const Measurement* step = m.in_step && m.step ? record.find(*m.step) : nullptr;
    const std::uint64_t members = std::max<std::uint64_t>(1, m.members.size());
    if (m.work.weight_bytes + m.work.state_bytes == 0) {
        // Activations are used up by the next operator: each operator's count for themselves.
        const std::uint64_t calls =
            m.in_step ? members * (step != nullptr ? passes(*step) : 1) : std::uint64_t{1};
        return m.work.activation_bytes / calls <= cache;
    }
    if (m.kind != Kind::op) return streamed_per_pass(m) <= cache;
    // In a step the rest of the model passes through the cache between two uses.
    if (step != nullptr) return streamed_per_pass(*step) <= cache;
    // Alone, the members' operands are used in turn.
    return (m.work.weight_bytes + m.work.state_bytes) <= cache / members;
}

std::vector<Point> roofline_points(const Record& record, const std::vector<RoofLine>& roofs) {
    std::vector<Point> points;
    for (const Measurement& m : record.measurements) {
        if (m.kind != Kind::op && m.kind != Kind::prefill && m.kind != Kind::decode) continue;
        if (auto point = point_of(record, roofs, m)) points.push_back(std::move(*point));
    }
    return points;
}

}  // namespace edgeroof::reports
