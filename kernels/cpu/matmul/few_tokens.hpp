// SPDX-License-Identifier: Apache-2.0
//
// Packed weights times one to four tokens: the weights are read once, unpacked in registers and
// multiplied at once. Bound by memory, not by arithmetic: see docs/kernels.md.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/matmul/activations.hpp"
#include "kernels/cpu/matmul/codes.hpp"
#include "kernels/cpu/stream_fetch.hpp"

namespace edgeroof::cpu {
namespace {

/// Scales of activations are the fewer the faster many tokens are multiplied (docs/kernels.md).
template <class C>
constexpr int activation_group_of() {
    if constexpr (requires { C::activation_group; })
        return C::activation_group;
    else
        return C::values == 32 ? 64 : 256;
}
template <class C>
using ActivationsOf = Activations<C::values, activation_group_of<C>(), code_bytes<C::top>>;

/// Where an integer sum over sub-block `sub` begins.
template <class C>
EDGEROOF_INLINE Ints start_of(const ActivationsOf<C>& x, std::int64_t sub) {
    if constexpr (C::offset == 0)
        return zero_ints();
    else
        return set_int(x.init(ActivationsOf<C>::start_of(C::sub_values, C::offset), sub));
}

/// How the lines of packed blocks are fetched.
enum class BlockFetch : std::uint8_t {
    none,      ///< left to the hardware
    at_once,   ///< past L2, a block's or what lies as far ahead, as the block begins
    in_steps,  ///< ahead, a share with each step of the walk through the block
};

/// Of BlockFetch::at_once: lines of one block after another.
template <class C>
class BlockLines {
  public:
    /// From `first` on; null: none are fetched.
    EDGEROOF_INLINE explicit BlockLines(const std::byte* first) : next_(first) {}
    EDGEROOF_INLINE void fetch_next() {
        // Unknown to compilers, which would else make two loops of the one that this is in.
        asm("" : "+r"(next_));
        if (next_ == nullptr) return;
        for (int line = 0; line < C::bytes; line += 64) fetch_past_l2(next_ + line);
        next_ += C::bytes;
    }

  private:
    const std::byte* next_;
};

/// Of BlockFetch::in_steps: what lies ahead of a block. All at once the lines would wait for each
/// other, and the block's own loads for them.
template <BlockFetch how>
struct StepFetch {
    const std::byte* block;  ///< null: nothing is fetched

    template <class C, int step>
    EDGEROOF_INLINE void with_step() const {
        if constexpr (how == BlockFetch::in_steps) {
            constexpr int steps = C::strips * C::steps, lines = (C::bytes + 63) / 64;
            // A branch that compilers can't drop: without it this was 14 % slower
            // (docs/kernels.md).
            const std::byte* from = block;
            asm("" : "+r"(from));
            if (from == nullptr) return;
            unroll<lines*(step + 1) / steps - lines * step / steps>([&]<int i>() __attribute__((
                always_inline)) { fetch_ahead(block + (lines * step / steps + i) * 64); });
        }
    }
};

/// Whether upper nibbles stay where they are, which makes their sums sixteen-fold: no shifts, but
/// codes of all eight bits.
template <class C>
constexpr bool keeps_upper_nibbles = wide_offset != 0 && (requires { C::nibbles_by_sum; });

/// The sum of codes, of which some were sixteen-fold. (A template: not every ISA has sixteenth.)
template <bool is_sixteen_fold, class Sum>
EDGEROOF_INLINE Sum plain_sum(Sum sum) {
    if constexpr (is_sixteen_fold)
        return sixteenth(sum);
    else
        return sum;
}

/// Calls finish<sub, v>(t, integer sum) for every sub-block of block b, vector v < columns of rows
/// and token.
template <class C, int tokens, int columns, class Fetch, class Finish>
EDGEROOF_INLINE void sum_block(C block, std::int64_t b, const ActivationsOf<C>* x, Fetch fetch,
                               Finish finish) {
    constexpr int subs = C::values / C::sub_values, quads = C::sub_values / 4;
    constexpr int per_sum = C::per_step / C::sums;
    unroll<C::strips>([&]<int strip>() __attribute__((always_inline)) {
        Dot<C::top, quads> dots[columns][C::sums][tokens];
        for (int i = 0; i < C::sums; ++i)
            for (int t = 0; t < tokens; ++t) {
                const Ints start = start_of<C>(x[t], b * subs + C::sub(strip, i));
                for (int v = 0; v < columns; ++v) dots[v][i][t] = Dot<C::top, quads>(start);
            }
        unroll<C::steps>([&]<int step>() __attribute__((always_inline)) {
            fetch.template with_step<C, strip * C::steps + step>();
            unroll<columns>([&]<int v>() __attribute__((always_inline)) {
                Bytes codes[C::per_step];
                if constexpr (keeps_upper_nibbles<C>)
                    block.template nibbles_in_place<strip, step, v>(codes);
                else
                    block.template codes<strip, step, v>(codes);
                unroll<C::per_step>([&]<int c>() __attribute__((always_inline)) {
                    constexpr int q = quad_of<C>(strip, step, c);
                    for (int t = 0; t < tokens; ++t)
                        dots[v][c / per_sum][t].template add<step * per_sum + c % per_sum>(
                            codes[c], quad<q>(x[t].codes + C::values * b));
                });
            });
        });
        unroll<C::sums>([&]<int i>() __attribute__((always_inline)) {
            unroll<columns>([&]<int v>() __attribute__((always_inline)) {
                for (int t = 0; t < tokens; ++t)
                    finish.template operator()<C::sub(strip, i), v>(
                        t, plain_sum<(keeps_upper_nibbles<C> && i == 1)>(dots[v][i][t].sum()));
            });
        });
    });
}

/// sums[t][first + v] += a block of 32 values of rows of vector v times token t's.
template <class C, int tokens, int columns, class Fetch>
EDGEROOF_INLINE void add_block_of_32(C block, std::int64_t b, const ActivationsOf<C>* x,
                                     Fetch fetch, Floats (*sums)[vectors], int first) {
    sum_block<C, tokens, columns>(
        block, b, x, fetch, [&]<int s, int v>(int t, Ints ints) __attribute__((always_inline)) {
            Floats& sum = sums[t][first + v];
            const Floats scale = block.template scale<s, v>() * set1(*x[t].scale(b));
            sum = fma(to_float(ints), scale, sum);
            if constexpr (C::has_minimum)
                sum = fma(block.template minimum<s, v>(),
                          set1(*x[t].template sum<32>(b) * *x[t].scale(b)), sum);
        });
}

/// The same for a block of 256. The activations' scale is the block's, so that sub-blocks meet
/// only the weights' scales.
template <class C, int tokens, int columns, class Fetch>
EDGEROOF_INLINE void add_block_of_256(C block, std::int64_t b, const ActivationsOf<C>* x,
                                      Fetch fetch, Floats (*sums)[vectors], int first) {
    Floats products[tokens][columns], minima[tokens][columns];
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < columns; ++v) products[t][v] = minima[t][v] = set1(0.0F);
    sum_block<C, tokens, columns>(
        block, b, x, fetch, [&]<int s, int v>(int t, Ints sum) __attribute__((always_inline)) {
            products[t][v] = fma(to_float(sum), block.template scale<s, v>(), products[t][v]);
            if constexpr (C::has_minimum) {
                const float* of_x = x[t].template sum<C::sub_values>(b * (256 / C::sub_values) + s);
                minima[t][v] = fma(block.template minimum<s, v>(), set1(*of_x), minima[t][v]);
            }
        });
    unroll<columns>([&]<int v>() __attribute__((always_inline)) {
        for (int t = 0; t < tokens; ++t) {
            Floats& sum = sums[t][first + v];
            const Floats scale = set1(*x[t].scale(b));
            sum = fma(products[t][v], block.template d<v>() * scale, sum);
            if constexpr (C::has_minimum)
                sum = fma(minima[t][v], block.template dmin<v>() * negated(scale), sum);
        }
    });
}

/// Tokens whose sums fit the registers: the others take a second turn at a block, then in L1.
template <class C, int tokens>
constexpr int at_once = C::sums* tokens <= most_dots ? tokens
                        : C::sums < most_dots        ? most_dots / C::sums
                                                     : 1;

/// Vectors of rows that are summed at once: as many as it takes for four chains of sums, since a
/// core that executes in order waits for each.
template <class C, int tokens>
constexpr int columns_at_once = C::sums* tokens >= 4           ? 1
                                : C::sums* tokens* vectors < 4 ? vectors
                                                               : 4 / (C::sums * tokens);

#if defined(__riscv_vector)
constexpr CodeSign code_sign = CodeSign::by_byte;
#else
constexpr CodeSign code_sign = wide_offset == 0 ? CodeSign::kept : CodeSign::flipped;
#endif

/// Where groups come from: packed weights, or the file's, packed a piece at a time into L1.
template <Format format>
class Groups {
  public:
    static constexpr std::int64_t values = Codes<format>::values;
    /// Of a group of the file's in Q8_0, the widest format, these take 17 KiB.
    static constexpr std::int64_t piece_values = 1024;
    static constexpr std::int64_t piece_bytes = piece_values / values * Codes<format>::bytes;

    /// `piece`: room for piece_bytes where the weights are as in the file, else null.
    EDGEROOF_INLINE Groups(const MatmulArgs& args, std::byte* piece)
        : weights_(args.weights), blocks_(args.k / values), m_(args.m), piece_(piece) {}

    EDGEROOF_INLINE std::int64_t blocks() const { return blocks_; }
    /// Whether groups come from memory as they lie, not from a piece in L1.
    EDGEROOF_INLINE bool streams() const { return piece_ == nullptr; }
    /// How many blocks `of` can give at once.
    EDGEROOF_INLINE std::int64_t blocks_at_once() const {
        return piece_ == nullptr ? blocks_ : least(blocks_, piece_values / values);
    }
    /// Where block `first` of a group lies, if packed; where as in the file, so many bytes on.
    EDGEROOF_INLINE const std::byte* source(std::int64_t group, std::int64_t first) const {
        return weights_ + (group * blocks_ + first) * Codes<format>::bytes;
    }
    /// Blocks [first, first + count) of a group.
    EDGEROOF_INLINE const std::byte* of(std::int64_t group, std::int64_t first,
                                        std::int64_t count) const {
        if (piece_ == nullptr) return source(group, first);
        constexpr std::int64_t block_bytes = Codes<format>::bytes / group_rows;
        const std::int64_t row = group * group_rows;
        pack_group<format, code_sign>(weights_ + (row * blocks_ + first) * block_bytes,
                                      static_cast<std::size_t>(blocks_ * block_bytes),
                                      least(m_ - row, group_rows), count, source(group + 1, first),
                                      piece_);
        return piece_;
    }

  private:
    const std::byte* weights_;
    std::int64_t blocks_, m_;
    std::byte* piece_;
};

/// Formats whose blocks are fetched past L2 when they begin: those that it makes faster up to Zen 4
/// (docs/kernels.md). The others keep to the hardware's prefetchers there, as do blocks of K
/// formats where they take long for want of a dot-product instruction.
template <Format format>
constexpr bool fetches_past_l2 = format == Format::q8_0 ||
                                 (wide_offset != 0 &&
                                  (format == Format::q2_k || format == Format::q4_k ||
                                   format == Format::q5_k || format == Format::q6_k));

/// out[t * m + r] for the 16 rows r of a group and `tokens` tokens, over `blocks` blocks from block
/// `first` of k on: added where that isn't the first of all. At most `counted` tokens exist: the
/// others repeat the last one. Of BlockFetch::at_once what is fetched lies `ahead` bytes ahead;
/// negative: nothing is.
template <Format format, int tokens, BlockFetch how>
void group_times_tokens(const std::byte* group, const ActivationsOf<Codes<format>>* x,
                        std::int64_t first_block, std::int64_t blocks, std::int64_t counted,
                        float* out, std::int64_t m, std::int64_t rows, std::int64_t ahead) {
    using C = Codes<format>;
    Floats sums[tokens][vectors];
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < vectors; ++v)
            sums[t][v] = first_block == 0 || t >= counted
                             ? set1(0.0F)
                             : load_rows(out + t * m + v * lanes, rows - v * lanes);
    BlockLines<C> lines(ahead < 0 ? nullptr : group + ahead);
    for (std::int64_t b = 0; b < blocks; ++b) {
        const std::byte* const packed = group + b * C::bytes;
        if constexpr (how == BlockFetch::at_once) lines.fetch_next();
        constexpr int turn = at_once<C, tokens>, columns = columns_at_once<C, turn>;
        for (int first = 0; first < vectors; first += columns) {
            const C block(packed, first * lanes);
            for (int t = 0; t < tokens; t += turn) {
                const StepFetch<how> fetch{first == 0 && t == 0 ? packed : nullptr};
                if constexpr (C::values == 32)
                    add_block_of_32<C, turn, columns>(block, first_block + b, x + t, fetch,
                                                      sums + t, first);
                else
                    add_block_of_256<C, turn, columns>(block, first_block + b, x + t, fetch,
                                                       sums + t, first);
            }
        }
    }
    for (int t = 0; t < tokens && t < counted; ++t)
        for (int v = 0; v < vectors; ++v)
            store_rows(out + t * m + v * lanes, sums[t][v], rows - v * lanes);
}

/// The most tokens that are taken at once.
constexpr int few = 4;

template <Format format, BlockFetch how>
void few_tokens_by(const MatmulArgs& args, Groups<format> groups, std::int64_t ahead) {
    using C = Codes<format>;
    const std::int64_t tokens = args.token_end - args.token_begin;
    const std::int64_t blocks = groups.blocks(), at_once = groups.blocks_at_once();
    ActivationsOf<C> x[few];
    for (std::int64_t t = 0; t < few; ++t)
        x[t] = ActivationsOf<C>(args.activations, args.k, args.token_begin + least(t, tokens - 1));
    const auto run = tokens == 1   ? group_times_tokens<format, 1, how>
                     : tokens == 2 ? group_times_tokens<format, 2, how>
                                   : group_times_tokens<format, few, how>;
    for (std::int64_t row = args.row_begin; row < args.row_end; row += group_rows)
        for (std::int64_t first = 0; first < blocks; first += at_once) {
            const std::int64_t count = least(blocks - first, at_once);
            run(groups.of(row / group_rows, first, count), x, first, count, tokens,
                args.out + args.token_begin * args.m + row, args.m, args.m - row, ahead);
        }
}

/// How far ahead lines are fetched past L2; negative: not at all.
template <Format format>
EDGEROOF_INLINE std::int64_t past_l2_distance(StreamFetch fetch) {
    if (fetch == StreamFetch::past_l2_ahead) return past_l2_ahead_bytes;
    return fetch == StreamFetch::past_l2 && fetches_past_l2<format> ? 0 : -1;
}

template <Format format>
void few_tokens(const MatmulArgs& args, Groups<format> groups) {
#if defined(__x86_64__)
    const StreamFetch fetch = groups.streams() ? stream_fetch() : StreamFetch::hardware;
    if (fetch == StreamFetch::ahead)
        few_tokens_by<format, BlockFetch::in_steps>(args, groups, -1);
    else
        few_tokens_by<format, BlockFetch::at_once>(args, groups, past_l2_distance<format>(fetch));
#else
    few_tokens_by<format, BlockFetch::none>(args, groups, -1);
#endif
}

}  // namespace
}  // namespace edgeroof::cpu
