// SPDX-License-Identifier: Apache-2.0
// Streams, compiled under the flags of the translation unit that includes this.
#pragma once

#include <utility>

#include "kernels/cpu/body/vector.hpp"
#include "kernels/cpu/roofs.hpp"
#include "kernels/cpu/simd/simd.hpp"

namespace edgeroof::cpu {
namespace {

constexpr std::size_t line = 64;

using Words [[gnu::vector_size(vector), gnu::may_alias]] = std::uint32_t;
using Numbers [[gnu::vector_size(vector), gnu::may_alias]] = float;

/// Vectors of one round of the innermost loop, whatever the number of streams: enough that counting
/// is lost among the loads.
constexpr std::size_t round_vectors = 8 * line / vector;
/// Chains of sums: enough for the latency of an addition, few enough for the registers.
constexpr std::size_t chains_of_sums = 8;

template <class Vector>
EDGEROOF_INLINE const Vector& at(const std::byte* from) {
    return *reinterpret_cast<const Vector*>(from);
}

// aarch64's STNP is a hint that its cores do not need: they see by themselves that lines are filled
// one after the other, and do not fetch them.
#if defined(__x86_64__)
constexpr bool has_past_cache = true;
#else
constexpr bool has_past_cache = false;
#endif

/// A plain store reads the line first, and so moves 3 bytes for a copy's 2; one past the cache
/// does not.
template <bool past_cache>
EDGEROOF_INLINE void store(std::byte* to, const Words& words) {
#if defined(__x86_64__)
    if constexpr (past_cache) {
        using Integers [[gnu::vector_size(vector), gnu::may_alias]] = long long;
        auto* const line_part = reinterpret_cast<Integers*>(to);
        const auto integers = __builtin_bit_cast(Integers, words);
#if defined(__AVX512F__)
        __builtin_ia32_movntdq512(line_part, integers);
#elif defined(__AVX2__)
        __builtin_ia32_movntdq256(line_part, integers);
#else
        __builtin_ia32_movntdq(line_part, integers);
#endif
        return;
    }
#endif
    *reinterpret_cast<Words*>(to) = words;
}

/// Vector i of a round goes to `to`: at once, or with the last of `group` vectors that follow each
/// other and wait in `held`.
template <std::size_t i, std::size_t group, bool past_cache>
EDGEROOF_INLINE void store_in_groups(Words (&held)[group], std::byte* to, const Words& words) {
    held[i % group] = words;
    if constexpr (i % group == group - 1)
        unroll<group>([&]<int j>() __attribute__((always_inline)) {
            store<past_cache>(to - (group - 1 - j) * vector, held[j]);
        });
}

/// Other threads see what was stored past the cache.
EDGEROOF_INLINE void finish_stores() {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

/// Calls body.operator()<i>(offset) for every vector that is part of a whole round; i is its place
/// in the round, a constant, so that what is kept for each place is a register. Returns the bytes
/// done, from 0 on. A loop over the rest is the caller's.
template <std::size_t streams, class Body>
EDGEROOF_INLINE std::size_t for_vectors_of(std::size_t bytes, Body body) {
    constexpr std::size_t vectors = round_vectors / streams;
    constexpr std::size_t step = vectors * vector;
    const std::size_t each = bytes / (streams * step) * step;
    for (std::size_t place = 0; place < each; place += step)
        [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
            (body.template operator()<i>(i / vectors * each + place + i % vectors * vector), ...);
        }
    (std::make_index_sequence<round_vectors>{});
    return streams * each;
}

enum class Fetch { none, ahead, past_l2 };

/// Once for each line that a vector begins.
template <std::size_t i, Fetch fetch>
EDGEROOF_INLINE void prefetch(const std::byte* data) {
    if constexpr (i * vector % line != 0) return;
    if constexpr (fetch == Fetch::ahead) __builtin_prefetch(data);
    if constexpr (fetch == Fetch::past_l2) __builtin_prefetch(data, 0, 0);
}

/// The pointer, unknown to the compiler from pass to pass: no load is taken from the pass before.
EDGEROOF_INLINE const std::byte* again(const std::byte* data) {
    asm volatile("" : "+r"(data));
    return data;
}
EDGEROOF_INLINE std::byte* again(std::byte* data) {
    asm volatile("" : "+r"(data));
    return data;
}

/// Loads and does nothing with it but on other architectures than x86. Two loads of 512 bits a
/// cycle, as Intel's cores have them, are more than what they add up in the same time: 1.4 (Granite
/// Rapids).
EDGEROOF_INLINE void load(const Words& words, Words& other_sum) {
#if defined(__AVX512F__)
    asm volatile("" : : "v"(words));
#elif defined(__x86_64__)
    asm volatile("" : : "x"(words));
#else
    other_sum += words;
#endif
    (void)other_sum;
}

/// Adds up the words of the first pass.
template <std::size_t streams, Fetch fetch>
std::uint32_t read_walk(const StreamArgs& args) {
    const auto distance = static_cast<std::size_t>(args.walk.prefetch);
    const std::size_t bytes = args.bytes;
    const auto pass = [&](auto read) __attribute__((always_inline)) {
        const std::byte* const a = again(args.a);
        const auto vector_at = [&]<std::size_t i>(std::size_t place)
            __attribute__((always_inline)) {
            prefetch<i, fetch>(a + place + distance);
            read.template operator()<i>(at<Words>(a + place));
        };
        std::uint32_t tail = 0;
        for (std::size_t left = for_vectors_of<streams>(bytes, vector_at); left < bytes;
             left += 4) {
            std::uint32_t word = 0;
            __builtin_memcpy(&word, a + left, bytes - left < 4 ? bytes - left : 4);
            tail += word;
        }
        return tail;
    };
    Words sums[chains_of_sums] = {}, others[chains_of_sums] = {};
    std::uint32_t tail = pass([&]<std::size_t i>(
        const Words& words) __attribute__((always_inline)) { sums[i % chains_of_sums] += words; });
    for (std::int64_t i = 1; i < args.passes; ++i) {
        std::uint32_t other =
            pass([&]<std::size_t j>(const Words& words)
                     __attribute__((always_inline)) { load(words, others[j % chains_of_sums]); });
        asm volatile("" : "+r"(other));
    }
    for (Words& other : others) asm volatile("" : : "m"(other));
    static_assert(chains_of_sums == 8);
    const Words all =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    std::uint32_t words[vector / 4];
    __builtin_memcpy(words, &all, vector);
    for (const std::uint32_t word : words) tail += word;
    return tail;
}

template <std::size_t streams, bool past_cache>
void write_walk(const StreamArgs& args) {
    const float value = args.value;
    const Numbers values = Numbers{} + value;
    const auto words = __builtin_bit_cast(Words, values);
    const std::size_t bytes = args.bytes;
    for (std::int64_t pass = 0; pass < args.passes; ++pass) {
        std::byte* const out = again(args.out);
        const auto put = [&]<std::size_t i>(std::size_t place) __attribute__((always_inline)) {
            store<past_cache>(out + place, words);
        };
        for (std::size_t left = for_vectors_of<streams>(bytes, put); left < bytes; left += 4)
            __builtin_memcpy(out + left, &value, 4);
    }
    finish_stores();
}

template <std::size_t streams, Fetch fetch, bool past_cache, std::size_t group>
void copy_walk(const StreamArgs& args) {
    const auto distance = static_cast<std::size_t>(args.walk.prefetch);
    const std::size_t bytes = args.bytes;
    for (std::int64_t pass = 0; pass < args.passes; ++pass) {
        const std::byte* const a = again(args.a);
        std::byte* const out = again(args.out);
        Words held[group];
        const auto put = [&]<std::size_t i>(std::size_t place) __attribute__((always_inline)) {
            prefetch<i, fetch>(a + place + distance);
            store_in_groups<i, group, past_cache>(held, out + place, at<Words>(a + place));
        };
        for (std::size_t left = for_vectors_of<streams>(bytes, put); left < bytes; ++left)
            out[left] = a[left];
    }
    finish_stores();
}

template <std::size_t streams, Fetch fetch, bool past_cache, std::size_t group>
void triad_walk(const StreamArgs& args) {
    const auto distance = static_cast<std::size_t>(args.walk.prefetch);
    const float value = args.value;
    const Numbers factor = Numbers{} + value;
    const std::size_t bytes = args.bytes;
    for (std::int64_t pass = 0; pass < args.passes; ++pass) {
        const std::byte *const a = again(args.a), *const b = again(args.b);
        std::byte* const out = again(args.out);
        Words held[group];
        const auto put = [&]<std::size_t i>(std::size_t place) __attribute__((always_inline)) {
            prefetch<i, fetch>(a + place + distance);
            prefetch<i, fetch>(b + place + distance);
            const Numbers sum = at<Numbers>(a + place) + factor * at<Numbers>(b + place);
            store_in_groups<i, group, past_cache>(held, out + place,
                                                  __builtin_bit_cast(Words, sum));
        };
        for (std::size_t left = for_vectors_of<streams>(bytes, put); left < bytes; left += 4) {
            float x = 0.0F, y = 0.0F;
            __builtin_memcpy(&x, a + left, 4);
            __builtin_memcpy(&y, b + left, 4);
            x += value * y;
            __builtin_memcpy(out + left, &x, 4);
        }
    }
    finish_stores();
}

/// The instance of a walk that the arguments ask for.
template <class Walker>
EDGEROOF_INLINE auto with_streams(const StreamArgs& args, Walker walker) {
    switch (args.walk.streams) {
        case 8:
            return walker.template operator()<8>();
        case 4:
            return walker.template operator()<4>();
        case 2:
            return walker.template operator()<2>();
        default:
            return walker.template operator()<1>();
    }
}

/// The same with the prefetches that they ask for.
template <class Walker>
EDGEROOF_INLINE auto with_fetches(const StreamArgs& args, Walker walker) {
    return with_streams(args, [&]<std::size_t streams>() {
        if (args.walk.prefetch <= 0) return walker.template operator()<streams, Fetch::none>();
        return args.walk.past_l2 ? walker.template operator()<streams, Fetch::past_l2>()
                                 : walker.template operator()<streams, Fetch::ahead>();
    });
}

std::uint32_t stream_read(const StreamArgs& args) {
    return with_fetches(
        args, [&]<std::size_t streams, Fetch fetch>() { return read_walk<streams, fetch>(args); });
}

/// The same of walks that store: prefetching and storing as asked.
template <class Walker>
EDGEROOF_INLINE void with_stores(const StreamArgs& args, Walker walker) {
    with_fetches(args, [&]<std::size_t streams, Fetch fetch>() {
        if (has_past_cache && args.walk.past_cache)
            walker.template operator()<streams, fetch, has_past_cache>();
        else
            walker.template operator()<streams, fetch, false>();
    });
}

void stream_write(const StreamArgs& args) {
    with_stores(args, [&]<std::size_t streams, Fetch fetch, bool past_cache>() {
        write_walk<streams, past_cache>(args);
    });
}

/// The same of walks that load as well: in fours where that is asked and had.
template <class Walker>
EDGEROOF_INLINE void with_groups(const StreamArgs& args, Walker walker) {
    with_stores(args, [&]<std::size_t streams, Fetch fetch, bool past_cache>() {
        if constexpr (streams == 1 && fetch == Fetch::none)
            if (args.walk.in_fours)
                return walker.template operator()<streams, fetch, past_cache, 4>();
        walker.template operator()<streams, fetch, past_cache, 1>();
    });
}

void stream_copy(const StreamArgs& args) {
    with_groups(args, [&]<std::size_t streams, Fetch fetch, bool past_cache, std::size_t group>() {
        copy_walk<streams, fetch, past_cache, group>(args);
    });
}

void stream_triad(const StreamArgs& args) {
    with_groups(args, [&]<std::size_t streams, Fetch fetch, bool past_cache, std::size_t group>() {
        triad_walk<streams, fetch, past_cache, group>(args);
    });
}

constexpr Roofs roofs_of(Isa isa) {
    return {.isa = isa,
            .stores_past_cache = has_past_cache,
            .stream_read = stream_read,
            .stream_write = stream_write,
            .stream_copy = stream_copy,
            .stream_triad = stream_triad};
}

}  // namespace
}  // namespace edgeroof::cpu
