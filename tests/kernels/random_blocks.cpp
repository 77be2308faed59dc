// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/random_blocks.hpp"

#include <cmath>
#include <cstring>

#include "kernels/formats/blocks.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::tests {
namespace {

class Maker {
  public:
    Maker(float size, std::mt19937& random, std::optional<std::byte> codes)
        : size_(size), random_(random), codes_(codes) {}

    /// A scale, of either sign, for codes that reach `reach`.
    std::uint16_t scale(float reach) {
        const float magnitude = std::uniform_real_distribution(0.5F, 1.0F)(random_);
        const float sign = random_() % 2 == 0 ? 1.0F : -1.0F;
        return float_to_half(sign * magnitude * size_ / reach);
    }
    float value() { return std::uniform_real_distribution(-size_, size_)(random_); }

    void finish(BlockQ8_0& block) { block.d = scale(127); }
    void finish(BlockQ4_0& block) { block.d = scale(8); }
    void finish(BlockQ4_1& block) { block.d = scale(8), block.m = scale(1); }
    void finish(BlockQ5_0& block) { block.d = scale(16); }
    void finish(BlockQ5_1& block) { block.d = scale(16), block.m = scale(1); }
    void finish(BlockQ2K& block) { block.d = scale(3 * 15), block.dmin = scale(15); }
    void finish(BlockQ3K& block) { block.d = scale(4 * 31); }
    void finish(BlockQ4K& block) { block.d = scale(15 * 63), block.dmin = scale(63); }
    void finish(BlockQ5K& block) { block.d = scale(31 * 63), block.dmin = scale(63); }
    void finish(BlockQ6K& block) { block.d = scale(32 * 127); }
    void finish(BlockIq4Nl& block) { block.d = scale(127); }
    void finish(BlockIq4Xs& block) { block.d = scale(127 * 31); }
    void finish(BlockMxfp4& block) {
        block.e =
            static_cast<std::uint8_t>(127 + std::ilogb(size_) - static_cast<int>(random_() % 5));
    }

    template <class Block>
    void fill(std::vector<std::byte>& bytes) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(Block)) {
            Block block;
            std::byte raw[sizeof(Block)];
            for (std::byte& byte : raw)
                byte = codes_.value_or(static_cast<std::byte>(random_() & 0xFF));
            std::memcpy(&block, raw, sizeof block);
            finish(block);
            store_block(block, bytes.data() + at);
        }
    }

    template <class Number, class Encode>
    void fill_plain(std::vector<std::byte>& bytes, Encode encode) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(Number)) {
            const Number number = encode(value());
            std::memcpy(bytes.data() + at, &number, sizeof number);
        }
    }

  private:
    float size_;
    std::mt19937& random_;
    std::optional<std::byte> codes_;
};

}  // namespace

std::vector<std::byte> random_rows(Format format, std::int64_t k, std::int64_t rows, float size,
                                   std::mt19937& random, std::optional<std::byte> codes) {
    std::vector<std::byte> bytes(row_bytes(format, k) * static_cast<std::size_t>(rows));
    Maker maker(size, random, codes);
    switch (format) {
        case Format::f32:
            maker.fill_plain<float>(bytes, [](float x) { return x; });
            break;
        case Format::f16:
            maker.fill_plain<std::uint16_t>(bytes, [](float x) { return float_to_half(x); });
            break;
        case Format::bf16:
            maker.fill_plain<std::uint16_t>(bytes, [](float x) { return float_to_bfloat(x); });
            break;
        case Format::q8_0:
            maker.fill<BlockQ8_0>(bytes);
            break;
        case Format::q4_0:
            maker.fill<BlockQ4_0>(bytes);
            break;
        case Format::q4_1:
            maker.fill<BlockQ4_1>(bytes);
            break;
        case Format::q5_0:
            maker.fill<BlockQ5_0>(bytes);
            break;
        case Format::q5_1:
            maker.fill<BlockQ5_1>(bytes);
            break;
        case Format::q2_k:
            maker.fill<BlockQ2K>(bytes);
            break;
        case Format::q3_k:
            maker.fill<BlockQ3K>(bytes);
            break;
        case Format::q4_k:
            maker.fill<BlockQ4K>(bytes);
            break;
        case Format::q5_k:
            maker.fill<BlockQ5K>(bytes);
            break;
        case Format::q6_k:
            maker.fill<BlockQ6K>(bytes);
            break;
        case Format::iq4_nl:
            maker.fill<BlockIq4Nl>(bytes);
            break;
        case Format::iq4_xs:
            maker.fill<BlockIq4Xs>(bytes);
            break;
        case Format::mxfp4:
            maker.fill<BlockMxfp4>(bytes);
            break;
        case Format::i32:
            break;  // no operator multiplies by integers
    }
    return bytes;
}

}  // namespace edgeroof::tests
