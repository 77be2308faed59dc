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

/// Where a unit of a block goes in a packed block, and whence.
struct Unit {
    std::size_t from, to;
};

/// The fields of one unit in packed order.
template <Format format, std::size_t unit>
constexpr auto units_of() {
    constexpr auto& fields = Order<format>::fields;
    constexpr std::size_t count = [] {
        std::size_t sum = 0;
        for (const Field& field : fields)
            if (field.unit == unit) sum += field.count;
        return sum;
    }();
    std::array<Unit, count> units{};
    std::size_t used = 0, to = 0;
    for (const Field& field : fields) {
        for (std::size_t i = 0; i < field.count && field.unit == unit; ++i)
            units[used++] = {field.offset + i * unit, to + i * unit * group_rows};
        to += field.unit * field.count * group_rows;
    }
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

using Sixteen = std::uint8_t __attribute__((vector_size(16)));

/// Every byte's bits of the mask after they moved up (or down, where negative). Words are shifted:
/// SSE2 has no shifts of bytes.
template <int up, std::uint8_t mask>
Sixteen moved(Sixteen x) {
    using Words = std::uint16_t __attribute__((vector_size(16)));
    const auto words = reinterpret_cast<Words>(x);
    return reinterpret_cast<Sixteen>(up < 0 ? words >> std::max(-up, 0)
                                            : words << std::max(up, 0)) &
           mask;
}

/// The dwords that are used together: those of the same values, where their bits are spread over
/// several, which `recode` takes as the file has them and leaves as packing.hpp says.
template <Format format>
struct Step {
    static constexpr std::size_t dwords = 1;
    static void recode(Sixteen (&)[dwords]) {}
};

template <>
struct Step<Format::q6_k> {
    static constexpr std::size_t dwords = 3;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen upper = x[0], first = x[1], second = x[2];
        x[0] = moved<0, 0x0F>(first) | moved<4, 0x30>(upper) | moved<2, 0xC0>(second);
        x[1] = moved<0, 0xCF>(second) | moved<2, 0x30>(upper);
        x[2] = moved<-4, 0x0F>(first) | moved<0, 0xF0>(upper);
    }
};
template <>
struct Step<Format::q5_k> {
    static constexpr std::size_t dwords = 5;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen fifth = x[0], codes01 = x[1], codes23 = x[2], codes45 = x[3], codes67 = x[4];
        x[0] = moved<0, 0x0F>(codes01) | moved<4, 0x10>(fifth) | moved<1, 0xE0>(codes45);
        x[1] = moved<-4, 0x0F>(codes01) | moved<3, 0x10>(fifth) | moved<5, 0xE0>(codes67);
        x[2] = moved<0, 0x0F>(codes23) | moved<2, 0x10>(fifth) | moved<1, 0xE0>(codes67);
        x[3] = moved<-4, 0x0F>(codes23) | moved<1, 0x50>(fifth) | moved<-2, 0x20>(codes45) |
               moved<4, 0x80>(codes67);
        x[4] = moved<0, 0x0F>(codes45) | moved<0, 0x90>(fifth) | moved<-1, 0x20>(fifth) |
               moved<-1, 0x40>(codes67);
    }
};
template <>
struct Step<Format::q3_k> {
    static constexpr std::size_t dwords = 3;
    static void recode(Sixteen (&x)[dwords]) {
        const Sixteen third = x[0], codes0123 = x[1], codes4567 = x[2];
        x[0] = moved<0, 0x03>(codes0123) | moved<2, 0x04>(third) | moved<1, 0x18>(codes0123) |
               moved<4, 0x20>(third) | moved<2, 0xC0>(codes4567);
        x[1] = moved<-4, 0x03>(codes0123) | moved<0, 0x04>(third) | moved<-3, 0x18>(codes0123) |
               moved<2, 0x20>(third) | moved<0, 0xC0>(codes4567);
        x[2] = moved<0, 0x03>(codes4567) | moved<-2, 0x04>(third) | moved<1, 0x18>(codes4567) |
               moved<0, 0xE0>(third);
    }
};

/// Dwords of sixteen rows that are `stride` bytes apart. Sizes and places are constants, so that a
/// packed block takes little more than its loads, shuffles and stores.
template <Format format, CodeSign sign>
void pack_dwords(const std::byte* block, std::size_t stride, std::byte* packed) {
    constexpr auto dwords = units_of<format, 4>();
    constexpr bool flips = format == Format::q8_0 && sign == CodeSign::flipped;
    constexpr bool has_fifth_bits = format == Format::q5_0 || format == Format::q5_1;
    constexpr std::size_t together = Step<format>::dwords;
    // But for the fifth bits, dwords of the same place in four steps are neighbours in the file.
    constexpr std::size_t alone = dwords.size() % (4 * together);
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
        for (std::size_t i = alone; i < dwords.size(); i += 4 * together) {
            Four fours[together][4];
            for (std::size_t d = 0; d < together; ++d) {
                for (std::size_t r = 0; r < 4; ++r)
                    fours[d][r] = load_four(from + r * stride + dwords[i + d].from);
                transpose(fours[d]);
            }
            for (std::size_t step = 0; step < 4; ++step) {
                Sixteen x[together];
                for (std::size_t d = 0; d < together; ++d)
                    x[d] = reinterpret_cast<Sixteen>(fours[d][step]);
                Step<format>::recode(x);
                for (std::size_t d = 0; d < together; ++d) {
                    if constexpr (flips) x[d] ^= 0x80;
                    std::memcpy(to + dwords[i + step * together + d].to, &x[d], sizeof x[d]);
                }
            }
        }
    }
}

/// CodeSign::by_byte of what pack_dwords wrote.
template <Format format>
void part_bytes(std::byte* packed) {
    constexpr auto dwords = units_of<format, 4>();
    for (const Unit dword : dwords) {
        std::array<std::byte, std::size_t{4} * group_rows> apart;
        for (std::size_t i = 0; i < apart.size(); ++i)
            apart[i % 4 * group_rows + i / 4] = packed[dword.to + i];
        std::memcpy(packed + dword.to, apart.data(), apart.size());
    }
}

/// Members of one or two bytes.
template <Format format, class Value>
void pack_units(const std::byte* block, std::size_t stride, std::byte* packed) {
    for (const Unit unit : units_of<format, sizeof(Value)>())
        for (std::size_t r = 0; r < group_rows; ++r)
            std::memcpy(packed + unit.to + r * sizeof(Value), block + r * stride + unit.from,
                        sizeof(Value));
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
