// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/packing.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/formats/blocks.hpp"

namespace edgeroof::cpu {
namespace {

/// A member of a block, at its offset, moved as `count` units of `unit` bytes.
struct Field {
    std::size_t offset, unit, count;
};

#define EDGEROOF_FIELD(Block, member, unit) \
    Field { offsetof(Block, member), unit, sizeof(Block::member) / (unit) }

/// Dword i of a field of dwords.
constexpr Field dword(Field field, std::size_t i) { return {field.offset + 4 * i, 4, 1}; }

/// A list that is appended to with <<.
template <std::size_t count>
struct Fields : std::array<Field, count> {
    std::size_t used = 0;
    constexpr Fields& operator<<(Field field) {
        (*this)[used++] = field;
        return *this;
    }
};

/// The packed order of a block's members: scales in bytes or halves, codes in dwords. Dwords that
/// are used together follow each other, so that a kernel reads a packed block from front to back.
template <Format format>
struct Order;

template <>
struct Order<Format::q8_0> {
    using Block = BlockQ8_0;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockQ8_0, d, 2),
                                          EDGEROOF_FIELD(BlockQ8_0, qs, 4)};
};
template <>
struct Order<Format::q4_0> {
    using Block = BlockQ4_0;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockQ4_0, d, 2),
                                          EDGEROOF_FIELD(BlockQ4_0, qs, 4)};
};
template <>
struct Order<Format::q4_1> {
    using Block = BlockQ4_1;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockQ4_1, d, 2),
                                          EDGEROOF_FIELD(BlockQ4_1, m, 2),
                                          EDGEROOF_FIELD(BlockQ4_1, qs, 4)};
};
template <>
struct Order<Format::q5_0> {
    using Block = BlockQ5_0;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockQ5_0, d, 2),
                                          EDGEROOF_FIELD(BlockQ5_0, qh, 4),
                                          EDGEROOF_FIELD(BlockQ5_0, qs, 4)};
};
template <>
struct Order<Format::q5_1> {
    using Block = BlockQ5_1;
    static constexpr std::array fields = {
        EDGEROOF_FIELD(BlockQ5_1, d, 2), EDGEROOF_FIELD(BlockQ5_1, m, 2),
        EDGEROOF_FIELD(BlockQ5_1, qh, 4), EDGEROOF_FIELD(BlockQ5_1, qs, 4)};
};
template <>
struct Order<Format::q2_k> {
    using Block = BlockQ2K;
    static constexpr std::array fields = {
        EDGEROOF_FIELD(BlockQ2K, d, 2), EDGEROOF_FIELD(BlockQ2K, dmin, 2),
        EDGEROOF_FIELD(BlockQ2K, scales, 1), EDGEROOF_FIELD(BlockQ2K, qs, 4)};
};
template <>
struct Order<Format::q3_k> {
    using Block = BlockQ3K;
    static constexpr auto fields = [] {
        Fields<2 + 8 * 3> order{};
        order << EDGEROOF_FIELD(BlockQ3K, d, 2) << EDGEROOF_FIELD(BlockQ3K, scales, 1);
        for (std::size_t q = 0; q < 8; ++q)
            order << dword(EDGEROOF_FIELD(BlockQ3K, hmask, 4), q)
                  << dword(EDGEROOF_FIELD(BlockQ3K, qs, 4), q)
                  << dword(EDGEROOF_FIELD(BlockQ3K, qs, 4), 8 + q);
        return order;
    }();
};
template <>
struct Order<Format::q4_k> {
    using Block = BlockQ4K;
    static constexpr std::array fields = {
        EDGEROOF_FIELD(BlockQ4K, d, 2), EDGEROOF_FIELD(BlockQ4K, dmin, 2),
        EDGEROOF_FIELD(BlockQ4K, scales, 1), EDGEROOF_FIELD(BlockQ4K, qs, 4)};
};
template <>
struct Order<Format::q5_k> {
    using Block = BlockQ5K;
    static constexpr auto fields = [] {
        Fields<3 + 8 * 5> order{};
        order << EDGEROOF_FIELD(BlockQ5K, d, 2) << EDGEROOF_FIELD(BlockQ5K, dmin, 2)
              << EDGEROOF_FIELD(BlockQ5K, scales, 1);
        for (std::size_t q = 0; q < 8; ++q) {
            order << dword(EDGEROOF_FIELD(BlockQ5K, qh, 4), q);
            for (std::size_t j = 0; j < 4; ++j)
                order << dword(EDGEROOF_FIELD(BlockQ5K, qs, 4), 8 * j + q);
        }
        return order;
    }();
};
template <>
struct Order<Format::q6_k> {
    using Block = BlockQ6K;
    static constexpr auto fields = [] {
        Fields<2 + 16 * 3> order{};
        order << EDGEROOF_FIELD(BlockQ6K, d, 2) << EDGEROOF_FIELD(BlockQ6K, scales, 1);
        for (std::size_t h = 0; h < 2; ++h)
            for (std::size_t q = 0; q < 8; ++q)
                order << dword(EDGEROOF_FIELD(BlockQ6K, qh, 4), 8 * h + q)
                      << dword(EDGEROOF_FIELD(BlockQ6K, ql, 4), 16 * h + q)
                      << dword(EDGEROOF_FIELD(BlockQ6K, ql, 4), 16 * h + 8 + q);
        return order;
    }();
};
template <>
struct Order<Format::iq4_nl> {
    using Block = BlockIq4Nl;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockIq4Nl, d, 2),
                                          EDGEROOF_FIELD(BlockIq4Nl, qs, 4)};
};
template <>
struct Order<Format::iq4_xs> {
    using Block = BlockIq4Xs;
    static constexpr std::array fields = {
        EDGEROOF_FIELD(BlockIq4Xs, d, 2), EDGEROOF_FIELD(BlockIq4Xs, scales_h, 1),
        EDGEROOF_FIELD(BlockIq4Xs, scales_l, 1), EDGEROOF_FIELD(BlockIq4Xs, qs, 4)};
};
template <>
struct Order<Format::mxfp4> {
    using Block = BlockMxfp4;
    static constexpr std::array fields = {EDGEROOF_FIELD(BlockMxfp4, e, 1),
                                          EDGEROOF_FIELD(BlockMxfp4, qs, 4)};
};

#undef EDGEROOF_FIELD

template <Format format>
using BlockOf = typename Order<format>::Block;

/// Where dword i of a block's member goes in a packed block, and whence.
struct Dword {
    std::size_t from, to;
};

/// The fields of one unit in the order of the file, with where each begins in a packed block.
template <Format format, std::size_t unit>
constexpr auto units_of() {
    constexpr auto& fields = Order<format>::fields;
    constexpr std::size_t count = [] {
        std::size_t sum = 0;
        for (const Field& field : fields)
            if (field.unit == unit) sum += field.count;
        return sum;
    }();
    std::array<Dword, count> units{};
    std::size_t used = 0, to = 0;
    for (const Field& field : fields) {
        for (std::size_t i = 0; i < field.count && field.unit == unit; ++i)
            units[used++] = {field.offset + i * unit, to + i * unit * group_rows};
        to += field.unit * field.count * group_rows;
    }
    std::sort(units.begin(), units.end(), [](auto a, auto b) { return a.from < b.from; });
    return units;
}

using Four = std::uint32_t __attribute__((vector_size(16)));

Four load_four(const std::byte* from) {
    Four four;
    std::memcpy(&four, from, sizeof four);
    return four;
}

/// A dword of each of four rows.
Four load_column(const std::byte* from, std::size_t stride) {
    std::uint32_t rows[4];
    for (std::size_t r = 0; r < 4; ++r) std::memcpy(&rows[r], from + r * stride, 4);
    return Four{rows[0], rows[1], rows[2], rows[3]};
}

/// The four dwords of each of four rows, row by row, become four vectors of rows.
void transpose(Four (&x)[4]) {
    const Four ab_low = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
    const Four ab_high = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
    const Four cd_high = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
    x[0] = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    x[1] = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    x[2] = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    x[3] = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// Exchanges bits i and j > i of the index of every bit: bits whose index has i set and j clear
/// change places with those that have j set and i clear.
template <unsigned i, unsigned j>
void swap_index_bits(Four& x) {
    constexpr std::uint32_t lower = [] {
        std::uint32_t mask = 0;
        for (unsigned bit = 0; bit < 32; ++bit)
            if ((bit >> i & 1U) != 0 && (bit >> j & 1U) == 0) mask |= 1U << bit;
        return mask;
    }();
    constexpr unsigned distance = (1U << j) - (1U << i);
    const Four moved = (x ^ (x >> distance)) & lower;
    x ^= moved ^ (moved << distance);
}

/// Bit 4 q + b goes to bit 8 b + q: of the index's five bits, q q q b b become b b q q q.
void spread_fifth_bits(Four& x) {
    swap_index_bits<1, 4>(x);
    swap_index_bits<0, 3>(x);
    swap_index_bits<1, 2>(x);
    swap_index_bits<0, 1>(x);
}

/// Dwords of sixteen rows that are `stride` bytes apart. Sizes and places are constants, so that a
/// packed block takes little more than its loads, shuffles and stores.
template <Format format, CodeSign sign>
void pack_dwords(const std::byte* block, std::size_t stride, std::byte* packed) {
    constexpr auto dwords = units_of<format, 4>();
    constexpr bool flips = format == Format::q8_0 && sign == CodeSign::flipped;
    constexpr bool has_fifth_bits = format == Format::q5_0 || format == Format::q5_1;
    // All but the fifth bits are fours of neighbours.
    constexpr std::size_t alone = dwords.size() % 4;
    static_assert(alone == (has_fifth_bits ? 1 : 0));
    for (std::size_t row = 0; row < group_rows; row += 4) {
        const std::byte* from = block + row * stride;
        std::byte* to = packed + row * 4;
        if constexpr (has_fifth_bits) {
            Four four = load_column(from + dwords[0].from, stride);
            spread_fifth_bits(four);
            std::memcpy(to + dwords[0].to, &four, sizeof four);
        }
#pragma GCC unroll 16
        for (std::size_t i = alone; i < dwords.size(); i += 4) {
            Four four[4];
            for (std::size_t r = 0; r < 4; ++r)
                four[r] = load_four(from + r * stride + dwords[i].from);
            transpose(four);
            for (std::size_t j = 0; j < 4; ++j) {
                if constexpr (flips) four[j] ^= 0x80808080U;
                std::memcpy(to + dwords[i + j].to, &four[j], sizeof four[j]);
            }
        }
    }
}

using Sixteen = std::uint8_t __attribute__((vector_size(16)));

// Words are shifted: SSE2 has no shifts of bytes.
using Words = std::uint16_t __attribute__((vector_size(16)));

/// Bits [from, from + count) of every byte.
template <int count>
Sixteen bits_of(Sixteen x, int from) {
    return reinterpret_cast<Sixteen>(reinterpret_cast<Words>(x) >> from) &
           static_cast<std::uint8_t>((1 << count) - 1);
}
/// Every byte moved up, without what leaves it.
Sixteen up(Sixteen x, int by) {
    return reinterpret_cast<Sixteen>(reinterpret_cast<Words>(x) << by) &
           static_cast<std::uint8_t>(0xFF << by);
}

/// What a step through a block of these formats reads: as many bytes side by side as its codes have
/// bits in all, each with as many whole codes as it holds, and parts of the others above them
/// (packing.hpp). `x` comes as the file has the bits.
template <Format format>
struct Step {
    static constexpr std::size_t dwords = 0;
};

template <>
struct Step<Format::q6_k> {
    static constexpr std::size_t dwords = 3;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen upper = x[0], first = x[1], second = x[2];
        const Sixteen fourth = bits_of<4>(second, 4) | up(bits_of<2>(upper, 6), 4);
        x[0] = bits_of<4>(first, 0) | up(bits_of<2>(upper, 0), 4) | up(fourth, 6);
        x[1] = bits_of<4>(second, 0) | up(bits_of<2>(upper, 2), 4) | up(bits_of<2>(fourth, 2), 6);
        x[2] = bits_of<4>(first, 4) | up(bits_of<2>(upper, 4), 4) | up(bits_of<2>(fourth, 4), 6);
    }
};
template <>
struct Step<Format::q5_k> {
    static constexpr std::size_t dwords = 5;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen fifth = x[0];
        Sixteen code[8];
        for (int i = 0; i < 8; ++i) {
            const Sixteen nibbles = x[1 + i / 2];
            code[i] = (i % 2 == 0 ? bits_of<4>(nibbles, 0) : bits_of<4>(nibbles, 4)) |
                      up(bits_of<1>(fifth, i), 4);
        }
        x[0] = code[0] | up(code[5], 5);
        x[1] = code[1] | up(code[6], 5);
        x[2] = code[2] | up(code[7], 5);
        x[3] = code[3] | up(bits_of<2>(code[5], 3), 5) | up(bits_of<1>(code[6], 3), 7);
        x[4] = code[4] | up(bits_of<1>(code[6], 4), 5) | up(bits_of<2>(code[7], 3), 6);
    }
};
template <>
struct Step<Format::q3_k> {
    static constexpr std::size_t dwords = 3;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen third = x[0];
        Sixteen code[8];
        for (int i = 0; i < 8; ++i)
            code[i] = bits_of<2>(x[1 + i / 4], i % 4 * 2) | up(bits_of<1>(third, i), 2);
        x[0] = code[0] | up(code[1], 3) | up(code[6], 6);
        x[1] = code[2] | up(code[3], 3) | up(code[7], 6);
        x[2] = code[4] | up(code[5], 3) | up(bits_of<1>(code[6], 2), 6) |
               up(bits_of<1>(code[7], 2), 7);
    }
};

/// Recodes the steps of what pack_dwords wrote.
template <Format format>
void recode_steps(std::byte* packed) {
    constexpr std::size_t dwords = Step<format>::dwords, row = 4 * group_rows;
    constexpr auto all = units_of<format, 4>();
    std::byte* step = packed + std::min_element(all.begin(), all.end(), [](auto a, auto b) {
                                   return a.to < b.to;
                               })->to;
    for (std::size_t i = 0; i < all.size(); i += dwords, step += dwords * row)
        for (std::size_t part = 0; part < row; part += sizeof(Sixteen)) {
            Sixteen x[dwords];
            for (std::size_t d = 0; d < dwords; ++d)
                std::memcpy(&x[d], step + d * row + part, sizeof x[d]);
            Step<format>::recode(x);
            for (std::size_t d = 0; d < dwords; ++d)
                std::memcpy(step + d * row + part, &x[d], sizeof x[d]);
        }
}

/// CodeSign::by_byte of what pack_dwords wrote.
template <Format format>
void part_bytes(std::byte* packed) {
    constexpr auto dwords = units_of<format, 4>();
    for (const Dword dword : dwords) {
        std::array<std::byte, std::size_t{4} * group_rows> apart;
        for (std::size_t i = 0; i < apart.size(); ++i)
            apart[i % 4 * group_rows + i / 4] = packed[dword.to + i];
        std::memcpy(packed + dword.to, apart.data(), apart.size());
    }
}

/// Members of one or two bytes.
template <Format format, class Unit>
void pack_units(const std::byte* block, std::size_t stride, std::byte* packed) {
    for (const Dword unit : units_of<format, sizeof(Unit)>())
        for (std::size_t r = 0; r < group_rows; ++r)
            std::memcpy(packed + unit.to + r * sizeof(Unit), block + r * stride + unit.from,
                        sizeof(Unit));
}

Sixteen even_bytes(Sixteen a, Sixteen b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
Sixteen odd_bytes(Sixteen a, Sixteen b) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// Four neighbouring bytes of each row.
void pack_four_bytes(const std::byte* from, std::size_t stride, std::byte* to) {
    Sixteen rows[4];
    for (std::size_t i = 0; i < 4; ++i)
        rows[i] = reinterpret_cast<Sixteen>(load_column(from + 4 * i * stride, stride));
    const Sixteen low = even_bytes(rows[0], rows[1]), high = even_bytes(rows[2], rows[3]);
    const Sixteen odd_low = odd_bytes(rows[0], rows[1]), odd_high = odd_bytes(rows[2], rows[3]);
    const Sixteen bytes[4] = {even_bytes(low, high), even_bytes(odd_low, odd_high),
                              odd_bytes(low, high), odd_bytes(odd_low, odd_high)};
    std::memcpy(to, bytes, sizeof bytes);
}

template <Format format>
void pack_bytes(const std::byte* block, std::size_t stride, std::byte* packed) {
    constexpr auto bytes = units_of<format, 1>();
    if constexpr (bytes.size() % 4 == 0)
        for (std::size_t i = 0; i < bytes.size(); i += 4)
            pack_four_bytes(block + bytes[i].from, stride, packed + bytes[i].to);
    else
        pack_units<format, std::uint8_t>(block, stride, packed);
}

template <Format format>
constexpr std::size_t block_bytes = sizeof(BlockOf<format>);

std::int64_t groups(std::int64_t m) { return (m + group_rows - 1) / group_rows; }

}  // namespace

template <Format format>
std::size_t packed_bytes(std::int64_t k, std::int64_t m) {
    const std::int64_t blocks = k / BlockOf<format>::values;
    return static_cast<std::size_t>(groups(m) * group_rows * blocks) * block_bytes<format>;
}

template <Format format, CodeSign sign>
void pack_group(const std::byte* first_row, std::size_t row_stride, std::int64_t rows,
                std::int64_t blocks, const std::byte* ahead, std::byte* packed) {
    constexpr std::int64_t group_bytes = group_rows * block_bytes<format>;
    for (std::int64_t b = 0; b < blocks; ++b) {
        for (std::int64_t at = 0; at < group_bytes; at += 64)
            __builtin_prefetch(ahead + b * group_bytes + at, 0, 2);
        const std::byte* block = first_row;
        std::size_t stride = row_stride;
        // Rows behind the last are zeros, scales too: they yield 0 whatever they meet.
        std::array<BlockOf<format>, group_rows> some;
        if (rows < group_rows) {
            some.fill({});
            for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
                std::memcpy(&some[r], first_row + r * row_stride, block_bytes<format>);
            block = reinterpret_cast<const std::byte*>(some.data());
            stride = block_bytes<format>;
        }
        pack_bytes<format>(block, stride, packed);
        pack_units<format, std::uint16_t>(block, stride, packed);
        pack_dwords<format, sign>(block, stride, packed);
        if constexpr (Step<format>::dwords > 0) recode_steps<format>(packed);
        if constexpr (sign == CodeSign::by_byte) part_bytes<format>(packed);
        first_row += block_bytes<format>;
        packed += group_bytes;
    }
}

template <Format format, CodeSign sign>
void pack(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
          std::int64_t row_begin, std::int64_t row_end) {
    const std::int64_t blocks = k / BlockOf<format>::values;
    const std::size_t row_stride = static_cast<std::size_t>(blocks) * block_bytes<format>;
    for (std::int64_t first = row_begin; first < row_end; first += group_rows) {
        const std::byte* row = rows + static_cast<std::size_t>(first) * row_stride;
        pack_group<format, sign>(row, row_stride, std::min<std::int64_t>(m - first, group_rows),
                                 blocks, row + group_rows * row_stride,
                                 packed + packed_bytes<format>(k, first));
    }
}

#define EDGEROOF_PACKING_AS(format, sign)                                                      \
    template void pack<format, sign>(const std::byte*, std::byte*, std::int64_t, std::int64_t, \
                                     std::int64_t, std::int64_t);                              \
    template void pack_group<format, sign>(const std::byte*, std::size_t, std::int64_t,        \
                                           std::int64_t, const std::byte*, std::byte*)
#define EDGEROOF_PACKING(format)                                           \
    template std::size_t packed_bytes<format>(std::int64_t, std::int64_t); \
    EDGEROOF_PACKING_AS(format, CodeSign::kept);                           \
    EDGEROOF_PACKING_AS(format, CodeSign::flipped);                        \
    EDGEROOF_PACKING_AS(format, CodeSign::by_byte)

EDGEROOF_PACKING(Format::q8_0);
EDGEROOF_PACKING(Format::q4_0);
EDGEROOF_PACKING(Format::q4_1);
EDGEROOF_PACKING(Format::q5_0);
EDGEROOF_PACKING(Format::q5_1);
EDGEROOF_PACKING(Format::q2_k);
EDGEROOF_PACKING(Format::q3_k);
EDGEROOF_PACKING(Format::q4_k);
EDGEROOF_PACKING(Format::q5_k);
EDGEROOF_PACKING(Format::q6_k);
EDGEROOF_PACKING(Format::iq4_nl);
EDGEROOF_PACKING(Format::iq4_xs);
EDGEROOF_PACKING(Format::mxfp4);

#undef EDGEROOF_PACKING
#undef EDGEROOF_PACKING_AS

}  // namespace edgeroof::cpu
