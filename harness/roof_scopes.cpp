// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_scopes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

/// 0: no number within 1 to 1024.
std::int32_t number(const std::string& text) {
    std::int32_t count = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    return error == std::errc{} && stop == end && count <= 1024 ? std::max(count, 0) : 0;
}

}  // namespace

std::optional<std::int32_t> cluster_cores(const std::vector<CacheLevel>& caches,
                                          std::int32_t fast_cores, std::int32_t cores) {
    std::int32_t largest = 0;
    for (const CacheLevel& cache : caches)
        if (cache.level >= 2 && cache.shared_by > 1 && cache.shared_by < cores)
            largest = std::max(largest, cache.shared_by);
    if (largest == 0 && fast_cores > 1 && fast_cores < cores) largest = fast_cores;
    if (largest == 0) return std::nullopt;
    return largest;
}

void check_scope(const std::string& scope) {
    if (scope != "all" && scope != "cluster" && number(scope) == 0)
        throw InputError(
            fmt::format("'{}' is not a number within 1 to 1024, 'cluster' or 'all'", scope));
}

std::vector<std::int32_t> scope_threads(const std::vector<std::string>& scopes,
                                        const Cores& cores) {
    std::vector<std::int32_t> threads;
    for (const std::string& scope : scopes) {
        check_scope(scope);
        std::int32_t count = cores.count;
        if (scope == "cluster") {
            const auto cluster = cluster_cores(cores.caches, cores.fast, cores.count);
            if (!cluster && scopes.size() > 1) continue;
            count = cluster.value_or(cores.count);
        } else if (scope != "all") {
            count = number(scope);
        }
        if (std::ranges::find(threads, count) == threads.end()) threads.push_back(count);
    }
    return threads;
}

std::string threads_text(std::int32_t threads) {
    return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
}

}  // namespace edgeroof::harness
