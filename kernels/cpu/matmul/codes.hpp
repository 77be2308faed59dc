// SPDX-License-Identifier: Apache-2.0
//
// What a packed block of sixteen rows holds (packing.hpp has the layout, formats/blocks.hpp the
// meaning of the bits), as vectors. Codes<format> of a block gives, for row vector v:
//
//   codes<q, v>()      the codes of values 4 q .. 4 q + 3
//   scale<s, v>()      of sub-block s, and minimum<s, v>() where has_minimum
//   d<v>(), dmin<v>()  K formats: what scale and minimum are to be multiplied by
//
// A value is scale * (code - offset) + minimum, in K formats d * scale * (code - offset) - dmin *
// minimum. Codes reach from 0 to `top`, or are `wide` (vector.hpp).
#pragma once

#include "kernels/cpu/matmul/packing.hpp"
#include "kernels/cpu/matmul/vector.hpp"
#include "kernels/formats/blocks.hpp"

namespace edgeroof::cpu {
namespace {

/// Where the parts of a packed block begin: parts have `bytes` per row each.
template <int... bytes>
constexpr int part(int index) {
    const int sizes[] = {bytes...};
    int at = 0;
    for (int i = 0; i < index; ++i) at += sizes[i] * group_rows;
    return at;
}

class PackedBlock {
  public:
    EDGEROOF_INLINE explicit PackedBlock(const std::byte* at) : at_(at) {}

  protected:
    /// Dword i of the codes that begin at `begin`.
    template <int begin, int i, int v>
    EDGEROOF_INLINE Bytes dword() const {
        return load_bytes(at_ + begin + i * 4 * group_rows + v * static_cast<int>(sizeof(Bytes)));
    }
    /// Nibbles of 32 values (blocks.hpp): low ones first, then high ones.
    template <int begin, int q, int v>
    EDGEROOF_INLINE Bytes nibbles() const {
        return bits < q % 8 < 4 ? 0x0F : 0xF0,
               q % 8 < 4 ? 0 : -4 > (dword<begin, q / 8 * 4 + q % 4, v>());
    }
    template <int begin, int v>
    EDGEROOF_INLINE Floats halves() const {
        return load_halves(at_ + begin + v * 2 * lanes);
    }
    template <int begin, int i>
    EDGEROOF_INLINE Bytes16 bytes16() const {
        return load16(at_ + begin + i * group_rows);
    }

    const std::byte* at_;
};

/// (x & bit `from`) moved to bit `to`, of every byte; `count` neighbouring bits.
template <int from, int to, int count = 1, class X>
EDGEROOF_INLINE X move_bits(X x) {
    return bits<((1 << count) - 1) << from, to - from>(x);
}

struct alignas(16) CodeTable {
    std::int8_t values[16];
};
constexpr CodeTable shifted_table(const std::int8_t (&values)[16], int offset) {
    CodeTable to{};
    for (int i = 0; i < 16; ++i) to.values[i] = static_cast<std::int8_t>(values[i] + offset);
    return to;
}
constexpr int mxfp4_offset = 16;
constexpr CodeTable iq4_codes = shifted_table(iq4_values, wide_offset);
constexpr CodeTable mxfp4_codes = shifted_table(mxfp4_values, mxfp4_offset);
EDGEROOF_INLINE Table16 iq4_table() { return table16(iq4_codes.values); }
EDGEROOF_INLINE Table16 mxfp4_table() { return table16(mxfp4_codes.values); }

template <Format format>
struct Codes;

template <>
struct Codes<Format::q8_0> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 34 * group_rows;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return dword<part<2>(1), q, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q4_0> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 18 * group_rows;
    static constexpr int top = 15, offset = 8;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return nibbles<part<2>(1), q, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q4_1> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 20 * group_rows;
    static constexpr int top = 15, offset = 0;
    static constexpr bool has_minimum = true;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return nibbles<part<2, 2>(2), q, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats minimum() const {
        return halves<part<2>(1), v>();
    }
};

template <>
struct Codes<Format::q5_0> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 22 * group_rows;
    static constexpr int top = 31, offset = 16;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return either(nibbles<part<2, 4>(2), q, v>(), move_bits<q, 4>(dword<part<2>(1), 0, v>()));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q5_1> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 24 * group_rows;
    static constexpr int top = 31, offset = 0;
    static constexpr bool has_minimum = true;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return either(nibbles<part<2, 2, 4>(3), q, v>(),
                      move_bits<q, 4>(dword<part<2, 2>(2), 0, v>()));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats minimum() const {
        return halves<part<2>(1), v>();
    }
};

template <>
struct Codes<Format::iq4_nl> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 18 * group_rows;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return look_up(iq4_table(), nibbles<part<2>(1), q, v>());
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::mxfp4> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 17 * group_rows;
    static constexpr int top = 28, offset = mxfp4_offset;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return look_up(mxfp4_table(), nibbles<part<1>(1), q, v>());
    }
    /// e8m0_half_to_float(e): exponent e - 1, or a denormal for e = 0 and 1.
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return half_of_powers(unsigned_lanes<v>(bytes16<0, 0>()));
    }
};

/// Six-bit scales and minima of eight sub-blocks: see k_scale_min.
template <int begin>
struct ScalesMinima : PackedBlock {
    using PackedBlock::PackedBlock;

    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        if constexpr (s < 4)
            return to_float(unsigned_lanes<v>(move_bits<0, 0, 6>(bytes16<begin, s>())));
        else
            return to_float(unsigned_lanes<v>(either(move_bits<0, 0, 4>(bytes16<begin, s + 4>()),
                                                     move_bits<6, 4, 2>(bytes16<begin, s - 4>()))));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats minimum() const {
        if constexpr (s < 4)
            return to_float(unsigned_lanes<v>(move_bits<0, 0, 6>(bytes16<begin, s + 4>())));
        else
            return to_float(unsigned_lanes<v>(either(move_bits<4, 0, 4>(bytes16<begin, s + 4>()),
                                                     move_bits<6, 4, 2>(bytes16<begin, s>()))));
    }
    template <int v>
    EDGEROOF_INLINE Floats d() const {
        return halves<0, v>();
    }
    template <int v>
    EDGEROOF_INLINE Floats dmin() const {
        return halves<part<2>(1), v>();
    }
};

template <>
struct Codes<Format::q4_k> : ScalesMinima<part<2, 2>(2)> {
    using ScalesMinima::ScalesMinima;
    static constexpr int values = 256, sub_values = 32, bytes = 144 * group_rows;
    static constexpr int top = 15, offset = 0;
    static constexpr bool has_minimum = true;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return move_bits<q / 8 % 2 * 4, 0, 4>(dword<part<2, 2, 12>(3), q / 16 * 8 + q % 8, v>());
    }
};

template <>
struct Codes<Format::q5_k> : ScalesMinima<part<2, 2>(2)> {
    using ScalesMinima::ScalesMinima;
    static constexpr int values = 256, sub_values = 32, bytes = 176 * group_rows;
    static constexpr int top = 31, offset = 0;
    static constexpr bool has_minimum = true;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return either(
            move_bits<q / 8 % 2 * 4, 0, 4>(dword<part<2, 2, 12, 32>(4), q / 16 * 8 + q % 8, v>()),
            move_bits<q / 8, 4>(dword<part<2, 2, 12>(3), q % 8, v>()));
    }
};

template <>
struct Codes<Format::q6_k> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 256, sub_values = 16, bytes = 210 * group_rows;
    static constexpr int top = 63, offset = 32;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        constexpr int h = q / 32, j = q / 8 % 4;
        return either(move_bits<j / 2 * 4, 0, 4>(
                          dword<part<2, 16, 64>(3), 16 * h + 8 * (j % 2) + q % 8, v>()),
                      move_bits<2 * j, 4, 2>(dword<part<2, 16>(2), 8 * h + q % 8, v>()));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return to_float(signed_lanes<v>(bytes16<part<2>(1), s>()));
    }
    template <int v>
    EDGEROOF_INLINE Floats d() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q2_k> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 256, sub_values = 16, bytes = 84 * group_rows;
    static constexpr int top = 3, offset = 0;
    static constexpr bool has_minimum = true;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return move_bits<2 * (q / 8 % 4), 0, 2>(
            dword<part<2, 2, 16>(3), 8 * (q / 32) + q % 8, v>());
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return to_float(unsigned_lanes<v>(move_bits<0, 0, 4>(bytes16<part<2, 2>(2), s>())));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats minimum() const {
        return to_float(unsigned_lanes<v>(move_bits<4, 0, 4>(bytes16<part<2, 2>(2), s>())));
    }
    template <int v>
    EDGEROOF_INLINE Floats d() const {
        return halves<0, v>();
    }
    template <int v>
    EDGEROOF_INLINE Floats dmin() const {
        return halves<part<2>(1), v>();
    }
};

template <>
struct Codes<Format::q3_k> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 256, sub_values = 16, bytes = 110 * group_rows;
    static constexpr int top = 7, offset = 4;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return either(
            move_bits<2 * (q / 8 % 4), 0, 2>(dword<part<2, 12, 32>(3), 8 * (q / 32) + q % 8, v>()),
            move_bits<q / 8, 2>(dword<part<2, 12>(2), q % 8, v>()));
    }
    /// See q3k_scale.
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        const Bytes16 low = move_bits<s / 8 * 4, 0, 4>(bytes16<part<2>(1), s % 8>());
        const Bytes16 high = move_bits<s / 4 * 2, 4, 2>(bytes16<part<2>(1), 8 + s % 4>());
        return to_float(signed_lanes<v>(minus(either(low, high), 32)));
    }
    template <int v>
    EDGEROOF_INLINE Floats d() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::iq4_xs> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int values = 256, sub_values = 32, bytes = 136 * group_rows;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int q, int v>
    EDGEROOF_INLINE Bytes codes() const {
        return look_up(iq4_table(), nibbles<part<2, 2, 4>(3), q, v>());
    }
    /// See iq4_xs_scale.
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        const Bytes16 low = move_bits<s % 2 * 4, 0, 4>(bytes16<part<2, 2>(2), s / 2>());
        const Bytes16 high = move_bits<s % 4 * 2, 4, 2>(bytes16<part<2>(1), s / 4>());
        return to_float(signed_lanes<v>(minus(either(low, high), 32)));
    }
    template <int v>
    EDGEROOF_INLINE Floats d() const {
        return halves<0, v>();
    }
};

}  // namespace
}  // namespace edgeroof::cpu
