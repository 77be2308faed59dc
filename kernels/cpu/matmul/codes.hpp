// SPDX-License-Identifier: Apache-2.0
//
// What a packed block of sixteen rows holds (packing.hpp has the layout, formats/blocks.hpp the
// meaning of the bits), as vectors, in the order in which memory has it.
//
// A block is walked in `strips` of `steps` steps. A step unpacks the next dwords of all rows into
// `per_step` vectors of codes: `sums` sub-blocks get per_step / sums quads each. A value is scale *
// (code - offset) + minimum, in K formats d * scale * (code - offset) - dmin * minimum.
// Codes<format>(block, row) has, for the v-th vector of rows from `row` on:
//
//   codes<strip, step, v>(out)  codes of step `step`, sub-block after sub-block
//   sub(strip, i)               the block's sub-block that the strip's sum i is of
//   scale<s, v>()               of sub-block s, and minimum<s, v>() where has_minimum
//   d<v>(), dmin<v>()           K formats: what scale and minimum are to be multiplied by
//
// where activations are to be as exact as they get
//
//   activation_group        values that share a scale of activations, if not as many as usual
//
// and where a step's two sums are of the nibbles of the same bytes (nibbles_by_sum)
//
//   nibbles_in_place<strip, step, v>(out)   codes, the second sum's times 16
//
// Codes reach from 0 to `top`, or are `wide` (vector.hpp).
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
    EDGEROOF_INLINE PackedBlock(const std::byte* at, int row) : at_(at), row_(row) {}

  protected:
    /// Dword i of the codes that begin at `begin`.
    template <int begin, int i, int v>
    EDGEROOF_INLINE Bytes dword() const {
        return load_bytes(at_ + begin + i * 4 * group_rows + 4 * (row_ + v * lanes));
    }
    /// Low and high nibbles of dword i.
    template <int begin, int i, int v>
    EDGEROOF_INLINE void nibbles(Bytes (&out)[2]) const {
        const Bytes both = dword<begin, i, v>();
        out[0] = bits<0x0F, 0>(both);
        out[1] = bits<0xF0, -4>(both);
    }
    template <int begin, int v>
    EDGEROOF_INLINE Floats halves() const {
        return load_halves(at_ + begin + 2 * (row_ + v * lanes));
    }
    /// Of the rows from row_ on; behind the last row lies the block's next part.
    template <int begin, int i>
    EDGEROOF_INLINE Bytes16 bytes16() const {
        return load16(at_ + begin + i * group_rows + row_);
    }

  private:
    const std::byte* at_;
    int row_;
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

/// The walk of formats whose nibbles hold the values 4 i and 4 i + 16 of 32 neighbours.
template <int strips_>
struct WalkOfNibbles {
    static constexpr int strips = strips_, steps = 4, sums = 1, per_step = 2;
    static constexpr int sub(int strip, int) { return strip; }
};

/// Which quad of the block code vector c of a step is: a sub-block's are in order, but those of
/// WalkOfNibbles come from both halves in turns.
template <class C>
constexpr int quad_of(int strip, int step, int c) {
    constexpr int per_sum = C::per_step / C::sums;
    return C::sub(strip, c / per_sum) * (C::sub_values / 4) + step + c % per_sum * 4;
}

template <Format format>
struct Codes;

template <>
struct Codes<Format::q8_0> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int strips = 1, steps = 8, sums = 1, per_step = 1;
    static constexpr int sub(int, int) { return 0; }
    static constexpr int values = 32, sub_values = 32, bytes = 34 * group_rows;
    static constexpr int activation_group = 32;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        out[0] = dword<part<2>(1), step, v>();
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q4_0> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 18 * group_rows;
    static constexpr int top = 15, offset = 8;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2>(1), step, v>(out);
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q4_1> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 20 * group_rows;
    static constexpr int top = 15, offset = 0;
    static constexpr bool has_minimum = true;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2, 2>(2), step, v>(out);
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
struct Codes<Format::q5_0> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 22 * group_rows;
    static constexpr int top = 31, offset = 16;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2, 4>(2), step, v>(out);
        const Bytes fifth = dword<part<2>(1), 0, v>();
        out[0] = either(out[0], move_bits<step, 4>(fifth));
        out[1] = either(out[1], move_bits<step + 4, 4>(fifth));
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::q5_1> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 24 * group_rows;
    static constexpr int top = 31, offset = 0;
    static constexpr bool has_minimum = true;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2, 2, 4>(3), step, v>(out);
        const Bytes fifth = dword<part<2, 2>(2), 0, v>();
        out[0] = either(out[0], move_bits<step, 4>(fifth));
        out[1] = either(out[1], move_bits<step + 4, 4>(fifth));
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
struct Codes<Format::iq4_nl> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 18 * group_rows;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2>(1), step, v>(out);
        for (Bytes& code : out) code = look_up(iq4_table(), code);
    }
    template <int s, int v>
    EDGEROOF_INLINE Floats scale() const {
        return halves<0, v>();
    }
};

template <>
struct Codes<Format::mxfp4> : PackedBlock, WalkOfNibbles<1> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 32, sub_values = 32, bytes = 17 * group_rows;
    static constexpr int top = 28, offset = mxfp4_offset;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<1>(1), step, v>(out);
        for (Bytes& code : out) code = look_up(mxfp4_table(), code);
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
    static constexpr int strips = 4, steps = 8, sums = 2, per_step = 2;
    static constexpr int sub(int strip, int i) { return 2 * strip + i; }
    static constexpr int values = 256, sub_values = 32, bytes = 144 * group_rows;
    static constexpr int top = 15, offset = 0;
    static constexpr bool has_minimum = true;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        this->template nibbles<part<2, 2, 12>(3), 8 * strip + step, v>(out);
    }
    static constexpr bool nibbles_by_sum = true;
    template <int strip, int step, int v>
    EDGEROOF_INLINE void nibbles_in_place(Bytes (&out)[per_step]) const {
        const Bytes both =
            in_register(this->template dword<part<2, 2, 12>(3), 8 * strip + step, v>());
        out[0] = bits<0x0F, 0>(both);
        out[1] = bits<0xF0, 0>(both);
    }
};

template <>
struct Codes<Format::q5_k> : ScalesMinima<part<2, 2>(2)> {
    using ScalesMinima::ScalesMinima;
    static constexpr int strips = 1, steps = 8, sums = 8, per_step = 8;
    static constexpr int sub(int, int i) { return i; }
    static constexpr int values = 256, sub_values = 32, bytes = 176 * group_rows;
    static constexpr int top = 31, offset = 0;
    static constexpr bool has_minimum = true;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        constexpr int begin = part<2, 2, 12>(3);
        Bytes five[5];
        unroll<5>([&]<int i>() __attribute__((always_inline)) {
            five[i] = this->template dword<begin, 5 * step + i, v>();
            out[i] = move_bits<0, 0, 5>(five[i]);
        });
        out[5] = either(move_bits<5, 0, 3>(five[0]), move_bits<5, 3, 2>(five[3]));
        out[6] = either(move_bits<5, 0, 3>(five[1]),
                        either(move_bits<7, 3>(five[3]), move_bits<5, 4>(five[4])));
        out[7] = either(move_bits<5, 0, 3>(five[2]), move_bits<6, 3, 2>(five[4]));
    }
};

template <>
struct Codes<Format::q6_k> : PackedBlock {
    using PackedBlock::PackedBlock;
    static constexpr int strips = 4, steps = 4, sums = 4, per_step = 4;
    static constexpr int sub(int strip, int i) { return strip / 2 * 8 + 2 * i + strip % 2; }
    static constexpr int values = 256, sub_values = 16, bytes = 210 * group_rows;
    static constexpr int top = 63, offset = 32;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        constexpr int begin = part<2, 16>(2), i = 3 * (4 * strip + step);
        const Bytes three[] = {dword<begin, i, v>(), dword<begin, i + 1, v>(),
                               dword<begin, i + 2, v>()};
        for (int c = 0; c < 3; ++c) out[c] = move_bits<0, 0, 6>(three[c]);
        out[3] = either(move_bits<6, 0, 2>(three[0]),
                        either(move_bits<6, 2, 2>(three[1]), move_bits<6, 4, 2>(three[2])));
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
    static constexpr int strips = 4, steps = 4, sums = 4, per_step = 4;
    static constexpr int sub(int strip, int i) { return strip / 2 * 8 + 2 * i + strip % 2; }
    static constexpr int values = 256, sub_values = 16, bytes = 84 * group_rows;
    static constexpr int top = 3, offset = 0;
    static constexpr bool has_minimum = true;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        const Bytes four = dword<part<2, 2, 16>(3), 4 * strip + step, v>();
        unroll<4>([&]<int j>()
                      __attribute__((always_inline)) { out[j] = move_bits<2 * j, 0, 2>(four); });
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
    static constexpr int strips = 2, steps = 4, sums = 8, per_step = 8;
    static constexpr int sub(int strip, int i) { return 2 * i + strip; }
    static constexpr int values = 256, sub_values = 16, bytes = 110 * group_rows;
    static constexpr int top = 7, offset = 4;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        constexpr int begin = part<2, 12>(2), i = 3 * (4 * strip + step);
        const Bytes three[] = {dword<begin, i, v>(), dword<begin, i + 1, v>(),
                               dword<begin, i + 2, v>()};
        for (int c = 0; c < 3; ++c) {
            out[2 * c] = move_bits<0, 0, 3>(three[c]);
            out[2 * c + 1] = move_bits<3, 0, 3>(three[c]);
        }
        out[6] = either(move_bits<6, 0, 2>(three[0]), move_bits<6, 2>(three[2]));
        out[7] = either(move_bits<6, 0, 2>(three[1]), move_bits<7, 2>(three[2]));
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
struct Codes<Format::iq4_xs> : PackedBlock, WalkOfNibbles<8> {
    using PackedBlock::PackedBlock;
    static constexpr int values = 256, sub_values = 32, bytes = 136 * group_rows;
    static constexpr int top = wide, offset = wide_offset;
    static constexpr bool has_minimum = false;

    template <int strip, int step, int v>
    EDGEROOF_INLINE void codes(Bytes (&out)[per_step]) const {
        nibbles<part<2, 2, 4>(3), 4 * strip + step, v>(out);
        for (Bytes& code : out) code = look_up(iq4_table(), code);
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
