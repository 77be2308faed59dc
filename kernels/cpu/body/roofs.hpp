// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/roofs.hpp"
#include "kernels/cpu/simd/dot.hpp"

namespace edgeroof::cpu {
namespace {

/// A cache line: as wide as the widest load, and no stream splits one.
constexpr std::size_t line = 64;

/// Streams of one thread that run side by side: a hardware prefetcher follows each, so that more
/// lines are under way than one stream's prefetch distance allows.
constexpr std::size_t read_streams = 8;

/// A line as the compiler's own vector type: it becomes loads as wide as the ISA's.
using Line [[gnu::vector_size(64), gnu::aligned(1), gnu::may_alias]] = std::uint32_t;

EDGEROOF_INLINE std::uint32_t fold(const Line& words) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < line / 4; ++i) all ^= words[i];
    return all;
}

std::uint32_t stream_read(const std::byte* data, std::size_t bytes) {
    const std::size_t each = bytes / read_streams / line * line;
    Line sums[read_streams] = {};
    for (std::size_t at = 0; at < each; at += line)
        for (std::size_t s = 0; s < read_streams; ++s)
            sums[s] ^= *reinterpret_cast<const Line*>(data + s * each + at);
    std::uint32_t all = 0;
    for (const Line& words : sums) all ^= fold(words);
    for (std::size_t at = read_streams * each; at < bytes; at += 4) {
        std::uint32_t word = 0;
        __builtin_memcpy(&word, data + at, bytes - at < 4 ? bytes - at : 4);
        all ^= word;
    }
    return all;
}

/// Past the cache where the ISA can: a plain store reads the line first, and so moves 3 bytes for
/// 2.
EDGEROOF_INLINE void store_past_cache(std::byte* to, const Line& words) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), __builtin_bit_cast(__m512i, words));
#elif defined(__AVX2__)
    struct Halves {
        __m256i low, high;
    };
    const auto halves = __builtin_bit_cast(Halves, words);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to), halves.low);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + 32), halves.high);
#else
    *reinterpret_cast<Line*>(to) = words;
#endif
}

void stream_copy(const std::byte* from, std::byte* to, std::size_t bytes) {
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(to) % line;
    std::size_t at = misaligned == 0 ? 0 : line - misaligned;
    if (at > bytes) at = bytes;
    __builtin_memcpy(to, from, at);
    for (; at + line <= bytes; at += line)
        store_past_cache(to + at, *reinterpret_cast<const Line*>(from + at));
#if defined(__x86_64__)
    __builtin_ia32_sfence();  // other threads see what was stored past the cache
#endif
    __builtin_memcpy(to + at, from + at, bytes - at);
}

/// Independent chains: more than latency x instructions per cycle of any core known (4 x 2 on x86
/// and Cortex-X, 4 x 4 on Apple's and Neoverse V2's 4 pipes), and they fit the registers.
constexpr int chains = registers == 32 ? 16 : 12;

#if defined(__x86_64__)
#define EDGEROOF_VECTOR_REGISTER "+v"
#elif defined(__riscv)
#define EDGEROOF_VECTOR_REGISTER "+f"
#else
#define EDGEROOF_VECTOR_REGISTER "+w"
#endif

/// Keeps a value in a register, unknown to the compiler.
template <class T>
EDGEROOF_INLINE void opaque(T& value) {
    asm volatile("" : EDGEROOF_VECTOR_REGISTER(value));
}
EDGEROOF_INLINE void opaque(std::int32_t& value) { asm volatile("" : "+r"(value)); }

/// Rounds of `chains` independent accumulations. Only the operands are opaque: an accumulator that
/// the compiler has to show to an asm statement lives in memory, at a third of the rate.
template <class T, class Accumulate>
EDGEROOF_INLINE void accumulate(std::int64_t rounds, T start, T a, T b, Accumulate step) {
    T sums[chains];
    for (T& sum : sums) sum = start;
    for (std::int64_t i = 0; i < rounds; ++i) {
        opaque(a);
        opaque(b);
#pragma GCC unroll 32
        for (T& sum : sums) sum = step(sum, a, b);
    }
    for (const T& sum : sums) {
        T kept = sum;
        opaque(kept);
    }
}

std::uint64_t peak_f32(std::int64_t rounds) {
    // The fixed point 1 = 1 * 0.5 + 0.5: no denormals, no growth.
    accumulate(rounds, set1(1.0F), set1(0.5F), set1(0.5F),
               [](F sum, F a, F b) { return fma(sum, a, b); });
    return static_cast<std::uint64_t>(rounds) * chains * width * 2;
}

std::uint64_t peak_i8(std::int64_t rounds) {
    accumulate(rounds, set1_i8(0), set1_i8(1), set1_i8(1),
               [](I sum, I a, I b) { return dot(sum, a, b); });
    return static_cast<std::uint64_t>(rounds) * chains * dot_products * 2;
}

constexpr Roofs roofs_of(Isa isa) {
    return {.isa = isa,
            .stream_read = stream_read,
            .stream_copy = stream_copy,
            .peak_f32 = peak_f32,
            .peak_i8 = peak_i8};
}

}  // namespace
}  // namespace edgeroof::cpu
