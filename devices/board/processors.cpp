// SPDX-License-Identifier: Apache-2.0
#include "devices/board/processors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>
#include <sstream>
#include <tuple>

#include "devices/board/arm_cores.hpp"
#include "devices/board/files.hpp"

namespace edgeroof {
namespace {

using Info = std::map<std::string, std::string>;

const std::string* find(const Info& info, const char* key) {
    const auto at = info.find(key);
    return at == info.end() || at->second.empty() ? nullptr : &at->second;
}

std::optional<std::int64_t> hexadecimal(const Info& info, const char* key) {
    const std::string* text = find(info, key);
    if (!text) return std::nullopt;
    std::string_view digits = *text;
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    std::int64_t value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (result.ec != std::errc{}) return std::nullopt;
    return value;
}

std::string core_name(const Info& info) {
    if (const std::string* model = find(info, "model name")) return *model;
    const auto implementer = hexadecimal(info, "CPU implementer");
    const auto part = hexadecimal(info, "CPU part");
    if (implementer && part) return arm_core_name(*implementer, *part);
    if (const std::string* uarch = find(info, "uarch")) return *uarch;  // riscv
    return "unknown";
}

std::optional<double> hz(const std::filesystem::path& file) {
    const auto khz = read_number(file);
    if (!khz || *khz <= 0) return std::nullopt;
    return static_cast<double>(*khz) * 1e3;
}

/// The features that a kernel of ours, or one that readers may compare with, can use.
constexpr std::array features = {
    // x86-64 flags
    "sse4_1", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx_vnni_int8", "avx512f", "avx512bw",
    "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8",
    "amx_bf16",
    // aarch64 Features
    "asimd", "fphp", "asimdhp", "asimddp", "asimdfhm", "i8mm", "bf16", "sve", "sve2", "svei8mm",
    "svebf16", "sme", "sme2"};

std::vector<std::string> features_of(const Info& info) {
    std::vector<std::string> found;
    if (const std::string* isa = find(info, "isa")) return {*isa};  // riscv: one word says all
    for (const char* key : {"flags", "Features"}) {
        const std::string* words = find(info, key);
        if (!words) continue;
        std::istringstream in(*words);
        const std::set<std::string> have{std::istream_iterator<std::string>(in), {}};
        for (const char* feature : features)
            if (have.contains(feature)) found.emplace_back(feature);
    }
    return found;
}

}  // namespace

Processors read_processors(const std::filesystem::path& root) {
    Processors out;
    const std::filesystem::path system = root / "sys/devices/system/cpu";
    std::set<std::pair<std::int64_t, std::int64_t>> cores;
    std::set<std::int64_t> packages;
    for (const Info& info : read_cpuinfo(root)) {
        const auto index = parse_number(info.at("processor"));
        if (!index) continue;
        const int cpu = static_cast<int>(*index);
        const std::filesystem::path folder = system / ("cpu" + std::to_string(cpu));
        const std::int64_t package =
            read_number(folder / "topology/physical_package_id").value_or(0);
        cores.emplace(package, read_number(folder / "topology/core_id").value_or(cpu));
        packages.insert(package);
        ++out.threads;

        CpuCluster mine{.core = core_name(info),
                        .cpus = {cpu},
                        .least_hz = hz(folder / "cpufreq/cpuinfo_min_freq"),
                        .greatest_hz = hz(folder / "cpufreq/cpuinfo_max_freq"),
                        .limit_hz = hz(folder / "cpufreq/scaling_max_freq"),
                        .governor = read_text(folder / "cpufreq/scaling_governor"),
                        .driver = read_text(folder / "cpufreq/scaling_driver")};
        const auto kind = [](const CpuCluster& c) {
            return std::tie(c.core, c.least_hz, c.greatest_hz, c.limit_hz, c.governor, c.driver);
        };
        const auto same = std::ranges::find_if(
            out.clusters, [&](const CpuCluster& known) { return kind(known) == kind(mine); });
        if (same == out.clusters.end())
            out.clusters.push_back(std::move(mine));
        else
            same->cpus.push_back(cpu);
        if (out.isa_features.empty()) out.isa_features = features_of(info);
        const std::string* flags = find(info, "flags");
        if (flags && flags->find(" hypervisor") != std::string::npos) out.hypervisor_flag = true;
    }
    out.cores = static_cast<int>(cores.size());
    out.packages = static_cast<int>(packages.size());
    return out;
}

std::vector<CacheFacts> read_caches(const std::filesystem::path& root) {
    // A cache is seen from every processor that shares it.
    std::set<std::tuple<std::int64_t, std::string, std::vector<int>>> seen;
    std::vector<CacheFacts> caches;
    for (const auto& cpu : numbered(root / "sys/devices/system/cpu", "cpu")) {
        for (const auto& index : numbered(cpu / "cache", "index")) {
            const auto level = read_number(index / "level");
            const std::optional<std::string> kind = read_text(index / "type");
            const std::optional<std::string> size = read_text(index / "size");
            const auto amount = size ? parse_number(*size) : std::nullopt;
            if (!level || !kind || !amount || *amount <= 0 || *amount > (std::int64_t{1} << 40))
                continue;
            CacheFacts cache;
            cache.level = static_cast<int>(*level);
            for (const char c : *kind)
                cache.kind += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
            const char unit = size->back();
            cache.bytes = static_cast<std::uint64_t>(*amount) * (unit == 'K'   ? 1024U
                                                                 : unit == 'M' ? 1024U * 1024U
                                                                               : 1U);
            const std::vector<int> sharers =
                parse_cpu_list(read_text(index / "shared_cpu_list").value_or(""));
            cache.shared_by = std::max(1, static_cast<int>(sharers.size()));
            if (!sharers.empty() && !seen.emplace(*level, cache.kind, sharers).second) continue;
            const auto same = std::ranges::find_if(caches, [&](const CacheFacts& known) {
                return std::tie(known.level, known.kind, known.bytes, known.shared_by) ==
                       std::tie(cache.level, cache.kind, cache.bytes, cache.shared_by);
            });
            if (same == caches.end())
                caches.push_back(cache);
            else
                ++same->count;
        }
    }
    std::ranges::stable_sort(caches, {}, &CacheFacts::level);
    return caches;
}

}  // namespace edgeroof
