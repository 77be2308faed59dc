// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/packing.hpp"

#include <array>
#include <cstring>
#include <type_traits>

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

/// Bit 4 q + b of the result is bit q + 8 b of `bits`, transposed: see packing.hpp.
std::uint32_t spread_fifth_bits(std::uint32_t bits) {
    std::uint32_t spread = 0;
    for (unsigned q = 0; q < 8; ++q)
        for (unsigned b = 0; b < 4; ++b) spread |= ((bits >> (4 * q + b)) & 1U) << (8 * b + q);
    return spread;
}

template <class Block, CodeSign sign>
Block edit(const std::byte* at) {
    Block block = load_block<Block>(at);
    if constexpr (requires { block.qh; } && Block::values == 32) {
        std::uint32_t bits;
        std::memcpy(&bits, block.qh, sizeof bits);
        bits = spread_fifth_bits(bits);
        std::memcpy(block.qh, &bits, sizeof bits);
    }
    if constexpr (std::is_same_v<Block, BlockQ8_0> && sign == CodeSign::flipped)
        for (std::int8_t& q : block.qs) q = static_cast<std::int8_t>(q ^ -128);
    return block;
}

template <std::size_t unit>
void scatter(const std::byte* from, std::byte* to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        std::memcpy(to + i * unit * group_rows, from + i * unit, unit);
}

template <Format format>
constexpr std::size_t block_bytes = sizeof(typename Order<format>::Block);

std::int64_t groups(std::int64_t m) { return (m + group_rows - 1) / group_rows; }

}  // namespace

template <Format format>
std::size_t packed_bytes(std::int64_t k, std::int64_t m) {
    const std::int64_t blocks = k / Order<format>::Block::values;
    return static_cast<std::size_t>(groups(m) * group_rows * blocks) * block_bytes<format>;
}

template <Format format, CodeSign sign>
void pack(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
          std::int64_t row_begin, std::int64_t row_end) {
    using Block = typename Order<format>::Block;
    const auto blocks = static_cast<std::size_t>(k / Block::values);
    for (std::int64_t first = row_begin; first < row_end; first += group_rows) {
        std::byte* group = packed + packed_bytes<format>(k, first);
        const std::int64_t present = m - first < group_rows ? m - first : group_rows;
        // Rows behind the last are zeros, scales too: they yield 0 whatever they meet.
        if (present < group_rows) std::memset(group, 0, group_rows * blocks * sizeof(Block));
        for (std::int64_t r = 0; r < present; ++r) {
            const std::byte* row =
                rows + static_cast<std::size_t>(first + r) * blocks * sizeof(Block);
            for (std::size_t b = 0; b < blocks; ++b) {
                const Block block = edit<Block, sign>(row + b * sizeof(Block));
                const auto* from = reinterpret_cast<const std::byte*>(&block);
                std::byte* to = group + b * group_rows * sizeof(Block);
                for (const Field& field : Order<format>::fields) {
                    std::byte* lane = to + static_cast<std::size_t>(r) * field.unit;
                    if (field.unit == 4) scatter<4>(from + field.offset, lane, field.count);
                    if (field.unit == 2) scatter<2>(from + field.offset, lane, field.count);
                    if (field.unit == 1) scatter<1>(from + field.offset, lane, field.count);
                    to += field.unit * field.count * group_rows;
                }
            }
        }
    }
}

#define EDGEROOF_PACKING(format)                                                              \
    template std::size_t packed_bytes<format>(std::int64_t, std::int64_t);                    \
    template void pack<format, CodeSign::kept>(const std::byte*, std::byte*, std::int64_t,    \
                                               std::int64_t, std::int64_t, std::int64_t);     \
    template void pack<format, CodeSign::flipped>(const std::byte*, std::byte*, std::int64_t, \
                                                  std::int64_t, std::int64_t, std::int64_t)

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

}  // namespace edgeroof::cpu
