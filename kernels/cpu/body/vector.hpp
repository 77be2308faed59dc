// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace edgeroof::cpu {
namespace {

/// Bytes of a vector as wide as the ISA's loads. Wider ones than it has would live in memory.
#if defined(__AVX512F__)
constexpr std::size_t vector = 64;
#elif defined(__AVX2__)
constexpr std::size_t vector = 32;
#elif defined(__riscv)
constexpr std::size_t vector = 8;
#else
constexpr std::size_t vector = 16;
#endif

}  // namespace
}  // namespace edgeroof::cpu
