// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/architectures/architecture.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::array<KnownArchitecture, 7> known{{
    {"gemma2", make_gemma2},
    {"gemma3", make_gemma3},
    {"granite", make_granite},
    {"llama", make_llama},
    {"phi3", make_phi3},
    {"qwen2", make_qwen2},
    {"qwen3", make_qwen3},
}};

}  // namespace

std::span<const KnownArchitecture> known_architectures() { return known; }

std::unique_ptr<Architecture> read_architecture(const GgufFile& file) {
    constexpr std::string_view key = "general.architecture";
    const auto name = file.required<std::string_view>(key);
    const auto found = std::ranges::find(known, name, &KnownArchitecture::name);
    if (found == known.end()) {
        std::vector<std::string_view> names;
        for (const KnownArchitecture& one : known) names.push_back(one.name);
        throw file.error(key, fmt::format("{} is not supported; supported are {}", quoted(name),
                                          fmt::join(names, ", ")));
    }
    return found->make(file, read_hyperparameters(file));
}

}  // namespace edgeroof::runtime
