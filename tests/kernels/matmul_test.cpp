// SPDX-License-Identifier: Apache-2.0
//
// Every matmul kernel that this machine can run, against a double-precision product of the decoded
// weights.
#include "kernels/cpu/matmul.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/kernels/matmul_tables.hpp"
#include "tests/kernels/random_blocks.hpp"

namespace edgeroof::tests {
namespace {

using cpu::Isa;
using cpu::MatmulArgs;
using cpu::MatmulKernel;

struct Problem {
    Format format;
    std::int64_t k, m, n;
    std::vector<std::byte> rows;  ///< as in the file
    std::vector<float> x;
};

struct Product {
    std::vector<double> value;
    std::vector<double> magnitude;  ///< sum of |w x|
    std::vector<double> weight;     ///< sum over k of |w| times the largest |x| of its 256 values
    std::vector<double> largest;    ///< sum over these 256 of the largest |w| times the largest |x|
};

/// The values of a row, and of each 256 of them (the last may be fewer) the sum of magnitudes and
/// the largest.
struct Row {
    explicit Row(std::span<const float> from) : values(from.begin(), from.end()) {
        for (std::size_t begin = 0; begin < values.size(); begin += 256) {
            double sum = 0, peak = 0;
            for (std::size_t l = begin; l < std::min(values.size(), begin + 256); ++l) {
                sum += std::abs(values[l]);
                peak = std::max(peak, std::abs(values[l]));
            }
            sums.push_back(sum), peaks.push_back(peak);
        }
    }
    std::vector<double> values, sums, peaks;
};

Product reference(const Problem& problem) {
    const auto [format, k, m, n, rows, x] = problem;
    const auto length = static_cast<std::size_t>(k);
    std::vector<Row> tokens;
    for (std::int64_t j = 0; j < n; ++j)
        tokens.emplace_back(std::span(x).subspan(static_cast<std::size_t>(j) * length, length));
    Product product;
    const auto size = static_cast<std::size_t>(m * n);
    product.value.resize(size), product.magnitude.resize(size);
    product.weight.resize(size), product.largest.resize(size);
    std::vector<float> decoded(length);
    for (std::int64_t i = 0; i < m; ++i) {
        traits(format).decode(rows.data() + static_cast<std::size_t>(i) * row_bytes(format, k),
                              decoded.data(), length);
        const Row weights(decoded);
        for (std::int64_t j = 0; j < n; ++j) {
            const Row& token = tokens[static_cast<std::size_t>(j)];
            const auto out = static_cast<std::size_t>(j * m + i);
            double value = 0, magnitude = 0;
            for (std::size_t l = 0; l < length; ++l) {
                const double one = weights.values[l] * token.values[l];
                value += one, magnitude += std::abs(one);
            }
            product.value[out] = value, product.magnitude[out] = magnitude;
            for (std::size_t part = 0; part < token.peaks.size(); ++part) {
                product.weight[out] += weights.sums[part] * token.peaks[part];
                product.largest[out] += weights.peaks[part] * token.peaks[part];
            }
        }
    }
    return product;
}

/// Runs as threads would: packs, prepares and multiplies in several pieces, the last one first.
/// Padding around every buffer tells of writes outside.
std::vector<float> run(const MatmulKernel& kernel, const Problem& problem) {
    const auto& [format, k, m, n, rows, x] = problem;
    constexpr std::size_t guard = 64;
    constexpr auto mark = std::byte{0xA5};
    const auto intact = [&](const std::vector<std::byte>& buffer) {
        const auto is_mark = [&](std::byte b) { return b == mark; };
        return std::all_of(buffer.begin(), buffer.begin() + guard, is_mark) &&
               std::all_of(buffer.end() - guard, buffer.end(), is_mark);
    };
    const std::int64_t groups = (m + kernel.row_group - 1) / kernel.row_group;
    const std::int64_t cut = groups / 2 * kernel.row_group;

    std::vector<std::byte> packed;
    const std::byte* weights = rows.data();
    if (kernel.pack != nullptr) {
        packed.assign(kernel.packed_bytes(k, m) + 2 * guard, mark);
        kernel.pack(rows.data(), packed.data() + guard, k, m, cut, m);
        if (cut > 0) kernel.pack(rows.data(), packed.data() + guard, k, m, 0, cut);
        weights = packed.data() + guard;
        EXPECT_TRUE(intact(packed)) << "pack wrote outside";
    }
    std::vector<std::byte> prepared;
    const std::byte* activations = reinterpret_cast<const std::byte*>(x.data());
    if (kernel.prepare != nullptr) {
        prepared.assign(kernel.activation_bytes(k, n) + 2 * guard, mark);
        kernel.prepare(x.data(), prepared.data() + guard, k, n, n / 2, n);
        if (n / 2 > 0) kernel.prepare(x.data(), prepared.data() + guard, k, n, 0, n / 2);
        activations = prepared.data() + guard;
        EXPECT_TRUE(intact(prepared)) << "prepare wrote outside";
    }
    constexpr float untouched = 12345.0F;
    constexpr std::size_t border = 16;
    std::vector<float> out(static_cast<std::size_t>(m * n) + 2 * border, untouched);
    const auto piece = [&](std::int64_t row_begin, std::int64_t row_end, std::int64_t token_begin,
                           std::int64_t token_end) {
        if (row_begin < row_end && token_begin < token_end)
            kernel.run(MatmulArgs{weights, activations, out.data() + border, k, m, n, row_begin,
                                  row_end, token_begin, token_end});
    };
    const std::int64_t middle = n > 2 ? n - 2 : 0;
    piece(cut, m, middle, n);
    piece(0, cut, middle, n);
    piece(0, m, 0, middle);
    for (std::size_t i = 0; i < border; ++i) {
        EXPECT_EQ(out[i], untouched) << "run wrote before out";
        EXPECT_EQ(out[out.size() - 1 - i], untouched) << "run wrote behind out";
    }
    return {out.begin() + border, out.end() - border};
}

/// Sums of k products, rounded to F32: each addition errs by at most half an ulp of a partial sum.
/// Whatever the order, k * 2^-24 * sum |w x| bounds that; a few more ulps stand for the product
/// of scales and for codes that are summed with an offset and corrected (at most 8 times as large
/// as the codes themselves).
double rounding(const Product& product, std::size_t out, std::int64_t k) {
    return (static_cast<double>(k) + 64) * 0x1p-24 * product.magnitude[out] +
           64 * 0x1p-24 * product.weight[out] + std::numeric_limits<float>::min();
}

/// Sums that count from 1.5 * 2^23 (many_tokens.hpp): in units of a panel's codes and activations,
/// n sub-blocks that meet one scale of activations have sums of at most n * 1.5 * 2^23, of which
/// each addition rounds off half of 2^-23 at most. Activations reach 127 of their units, and codes,
/// as large as bytes allow, reach 64 of theirs at least, where they are random.
double counting(const MatmulKernel& kernel, const Product& product, std::size_t out) {
    if (kernel.arithmetic != Arithmetic::int8) return 0.0;
    const bool sub_blocks_of_16 = kernel.format == Format::q2_k || kernel.format == Format::q3_k ||
                                  kernel.format == Format::q6_k;
    const bool groups_of_64 = traits(kernel.format).block_values == 32;
    const int sub_blocks = sub_blocks_of_16 ? 16 : groups_of_64 ? 2 : 8;
    const double additions = sub_blocks * (sub_blocks + 3) / 2 * (groups_of_64 ? 4 : 1);
    return additions * 0x1.8p23 * 0x1p-24 * product.largest[out] / (64 * 127);
}

/// int8 activations: a value is off by at most half a step of its block, a 127th of the block's
/// largest value; blocks have 256 values or fewer.
double quantisation(const Product& product, std::size_t out) {
    return product.weight[out] / 127 * 0.5 * 1.001;
}

/// Products of BF16, as shares of |w x|. Quantised weights are rounded to its 8 bits; activations
/// too, unless they have no more. F16's 11 bits are two parts of 8; of activations two hold 16
/// bits, and the product of both second parts is left out. F32's are three.
double rounding_to_bf16(const MatmulKernel& kernel, bool exact_activations) {
    constexpr double rounded = 0x1p-8 * 1.001, rounded_twice = 0x1p-16 * 1.001;
    switch (kernel.format) {
        case Format::f32:
            return 0.0;
        case Format::f16:
            return exact_activations ? 0.0 : rounded_twice + rounded * rounded;
        case Format::bf16:
            return exact_activations ? 0.0 : rounded;
        default:
            return exact_activations ? rounded : 2 * rounded + rounded * rounded;
    }
}

double tolerance_of(const MatmulKernel& kernel, const Product& product, std::size_t out,
                    std::int64_t k, bool exact_activations) {
    double tolerance = rounding(product, out, k) + counting(kernel, product, out);
    if (kernel.arithmetic == Arithmetic::bf16) {
        tolerance += rounding_to_bf16(kernel, exact_activations) * product.magnitude[out];
    } else if (!exact_activations && kernel.arithmetic == Arithmetic::int8) {
        tolerance += quantisation(product, out);
    }
    return tolerance;
}

/// All kernels of the problem's format, of every path that this machine has.
void expect_close(const Problem& problem, bool exact_activations) {
    const Product want = reference(problem);
    for (const MatmulTable& table : matmul_tables())
        for (const MatmulKernel& kernel : table.kernels) {
            if (kernel.format != problem.format) continue;
            const std::vector<float> got = run(kernel, problem);
            ASSERT_EQ(got.size(), want.value.size());
            for (std::size_t out = 0; out < got.size(); ++out) {
                ASSERT_NEAR(got[out], want.value[out],
                            tolerance_of(kernel, want, out, problem.k, exact_activations))
                    << table.path << (kernel.pack != nullptr ? " packed" : " as in the file")
                    << " k=" << problem.k << " m=" << problem.m << " n=" << problem.n << " row "
                    << static_cast<std::int64_t>(out) % problem.m << " token "
                    << static_cast<std::int64_t>(out) / problem.m;
            }
        }
}

/// Integers with a 127 among any 32: int8 activations hold them without error, so a kernel has
/// only its sums to blame.
std::vector<float> integers(std::int64_t count, std::mt19937& random) {
    std::uniform_int_distribution<int> any(-127, 127);
    std::vector<float> x(static_cast<std::size_t>(count));
    for (float& value : x) value = static_cast<float>(any(random));
    for (std::size_t block = 0; block < x.size(); block += 32)
        x[block + random() % std::min<std::size_t>(32, x.size() - block)] =
            random() % 2 == 0 ? 127.0F : -127.0F;
    return x;
}

std::vector<float> normals(std::int64_t count, std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> x(static_cast<std::size_t>(count));
    for (float& value : x) value = normal(random);
    return x;
}

class Matmul : public testing::TestWithParam<Format> {
  protected:
    std::int64_t step() const {
        return std::max<std::int64_t>(traits(GetParam()).block_values, 32);
    }
    Problem problem(std::int64_t k, std::int64_t m, std::int64_t n, float size = 1.0F,
                    std::optional<std::byte> codes = {}) {
        return {GetParam(), k, m, n, random_rows(GetParam(), k, m, size, random_, codes), {}};
    }
    std::mt19937 random_{20240607};
};

TEST_P(Matmul, AgreesWhereActivationsAreExact) {
    // One block, an odd number, more than a chunk of any kernel; rows that fill no group; every
    // small number of tokens, and one beyond every tile.
    for (const std::int64_t blocks : {std::int64_t{1}, std::int64_t{3}, 2048 / step() + 1})
        for (const std::int64_t m : {1, 7, 37, 70})
            for (const std::int64_t n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 33}) {
                if (blocks > 3 && m != 37 && n > 1) continue;
                Problem p = problem(blocks * step(), m, n);
                p.x = integers(p.k * n, random_);
                expect_close(p, true);
                if (HasFatalFailure()) return;
            }
}

TEST_P(Matmul, TakesMoreTokensThanItsSumsHaveRoomFor) {
    // The greatest block of tokens of any kernel is 512.
    Problem p = problem(step(), 9, 550);
    p.x = integers(p.k * p.n, random_);
    expect_close(p, true);
}

TEST_P(Matmul, TakesWholeBlocksOfTokensAndRows) {
    // Of tiles of 32 tokens and 32 rows: one, several, and one that is begun.
    for (const auto& [m, n] : {std::pair{64, 64}, {172, 64}, {264, 40}}) {
        Problem p = problem(2 * step(), m, n);
        p.x = integers(p.k * n, random_);
        expect_close(p, true);
        if (HasFatalFailure()) return;
    }
}

TEST_P(Matmul, StaysWithinTheStepOfItsActivations) {
    for (const std::int64_t n : {1, 5, 12}) {
        Problem p = problem(4 * step(), 40, n);
        p.x = normals(p.k * n, random_);
        expect_close(p, false);
        if (HasFatalFailure()) return;
    }
}

TEST_P(Matmul, KeepsZeroAndVeryLargeAndVerySmallActivations) {
    for (const float size : {0.0F, 0x1p-60F, 0x1p60F}) {
        Problem p = problem(2 * step(), 34, 5, 0.25F);
        p.x = integers(p.k * p.n, random_);
        for (float& value : p.x) value *= size;
        expect_close(p, true);
        if (HasFatalFailure()) return;
    }
}

TEST_P(Matmul, TakesGroupsOfAnySizeBesideEachOther) {
    // Sizes of neighbouring stretches of activations, whose scales become ratios: of nothing, of
    // next to nothing, and of more than a float may hold.
    for (const auto& sizes : {std::vector{0.0F, 1.0F},
                              {1.0F, 0.0F},
                              {0.0F, 0.0F, 1.0F, 0.0F},
                              {0x1p-130F, 1.0F},
                              {1.0F, 0x1p-130F},
                              {0x1p60F, 0x1p-60F, 0x1p-100F},
                              {0x1p-100F, 0x1p-60F, 0x1p60F}})
        for (const std::int64_t n : {1, 7}) {
            Problem p = problem(256 * static_cast<std::int64_t>(sizes.size()), 34, n, 0.25F);
            p.x = normals(p.k * n, random_);
            for (std::size_t i = 0; i < p.x.size(); ++i)
                p.x[i] *= sizes[i % static_cast<std::size_t>(p.k) / 256];
            expect_close(p, false);
            if (HasFatalFailure()) return;
        }
}

TEST_P(Matmul, PassesOnWhatIsNotFinite) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})
        for (const std::int64_t at : {std::int64_t{3}, std::int64_t{700}}) {
            Problem p = problem(768, 19, 7);
            p.x = normals(p.k * p.n, random_);
            constexpr std::int64_t token = 5;
            p.x[static_cast<std::size_t>(token * p.k + at)] = value;
            for (const MatmulTable& table : matmul_tables())
                for (const MatmulKernel& kernel : table.kernels) {
                    if (kernel.format != p.format) continue;
                    const std::vector<float> got = run(kernel, p);
                    for (std::size_t out = 0; out < got.size(); ++out)
                        ASSERT_EQ(std::isfinite(got[out]),
                                  static_cast<std::int64_t>(out) / p.m != token)
                            << table.path
                            << (kernel.pack != nullptr ? " packed" : " as in the file") << " row "
                            << static_cast<std::int64_t>(out) % p.m << " x[" << at << "]";
                }
        }
}

TEST_P(Matmul, TakesTheExtremesOfCodes) {
    // All bits of codes and packed scales set, or none, or only the top one: the largest sums that
    // a kernel must hold.
    for (const auto bits : {std::byte{0x00}, std::byte{0xFF}, std::byte{0x80}, std::byte{0x7F}}) {
        Problem p = problem(3 * step(), 33, 5, 1.0F, bits);
        p.x.assign(static_cast<std::size_t>(p.k * p.n), 127.0F);
        for (std::size_t i = 0; i < p.x.size(); ++i)
            if (static_cast<std::int64_t>(i) / p.k % 2 == 1) p.x[i] = -127.0F;
        expect_close(p, true);
        if (HasFatalFailure()) return;
    }
}

std::vector<Format> multiplied_formats() {
    std::vector<Format> formats;
    for (const FormatTraits& format : all_formats())
        if (format.format != Format::i32) formats.push_back(format.format);
    return formats;
}

std::string format_name(const testing::TestParamInfo<Format>& test) {
    return std::string(traits(test.param).name);
}

INSTANTIATE_TEST_SUITE_P(Kernels, Matmul, testing::ValuesIn(multiplied_formats()), format_name);

TEST(MatmulOfFloats, TakesRowsOfAnyLength) {
    std::mt19937 random(7);
    for (const Format format : {Format::f32, Format::f16, Format::bf16})
        for (const std::int64_t k : {1, 2, 15, 17, 31, 33, 63, 100, 257})
            for (const std::int64_t n : {5, 40}) {
                Problem p{format, k, 9, n, random_rows(format, k, 9, 1.0F, random), {}};
                p.x = normals(k * p.n, random);
                expect_close(p, false);
                if (HasFatalFailure()) return;
            }
}

TEST(MatmulOfFloats, FewTokensReadGroupsFromSeveralPlacesAChunkAtATime) {
    std::mt19937 random(8);
    // Two groups of sixteen rows for each of four places, then two rows; more than two chunks.
    for (const Format format : {Format::f32, Format::f16, Format::bf16})
        for (const std::int64_t k : {2072, 4103})
            for (const std::int64_t n :
                 {3, 4, 5, 6}) {  // of which all rows meet all but two at once
                Problem p{format, k, 130, n, random_rows(format, k, 130, 1.0F, random), {}};
                p.x = normals(k * n, random);
                expect_close(p, false);
                if (HasFatalFailure()) return;
            }
}

TEST(MatmulKernels, EveryFormatHasOneOnEveryPath) {
    for (const Isa isa : cpu::available_isas())
        for (const FormatTraits& format : all_formats()) {
            if (format.format == Format::i32) continue;
            EXPECT_EQ(matmul_kernel(format.format, isa, true, 1).format, format.format);
            EXPECT_EQ(matmul_kernel(format.format, isa, false, 1).format, format.format);
            EXPECT_EQ(matmul_kernel(format.format, isa, false, 1).pack, nullptr);
        }
}

TEST(MatmulKernels, APathThatPacksTakesTheFilesLayoutToo) {
    for (const Isa isa : cpu::available_isas())
        for (const MatmulKernel& kernel : cpu::matmul_table(isa)) {
            if (kernel.pack == nullptr) continue;
            const MatmulKernel& as_in_file =
                matmul_kernel(kernel.format, isa, false, cpu::many_tokens_at_once);
            EXPECT_EQ(as_in_file.isa, isa) << traits(kernel.format).name;
            EXPECT_EQ(as_in_file.pack, nullptr);
        }
}

TEST(MatmulKernels, WhateverTheNumberOfTokensTheyReadTheSameWeights) {
    constexpr std::int64_t k = 512, m = 37;
    std::mt19937 random(9);
    const auto packed = [&](const MatmulKernel& kernel, const std::vector<std::byte>& rows) {
        if (kernel.pack == nullptr) return rows;
        std::vector<std::byte> bytes(kernel.packed_bytes(k, m));
        kernel.pack(rows.data(), bytes.data(), k, m, 0, m);
        return bytes;
    };
    for (const Isa isa : cpu::available_isas())
        for (const FormatTraits& format : all_formats())
            for (const bool repack : {true, false}) {
                if (format.format == Format::i32) continue;
                const auto rows = random_rows(format.format, k, m, 1.0F, random);
                const auto kernel = [&](std::int64_t tokens) -> const MatmulKernel& {
                    return matmul_kernel(format.format, isa, repack, tokens);
                };
                const auto most = packed(kernel(cpu::many_tokens_at_once), rows);
                for (const std::int64_t tokens : {1, 4, 5, 8, 9, 16}) {
                    EXPECT_LE(kernel(tokens).least_tokens, tokens);
                    EXPECT_EQ(packed(kernel(tokens), rows), most)
                        << format.name << " " << name(isa) << " " << tokens << " tokens";
                }
            }
}

TEST(MatmulKernels, NoneForIntegers) {
    EXPECT_THROW(cpu::matmul_kernel(Format::i32, Isa::scalar, true, 1), std::invalid_argument);
}

TEST(MatmulKernels, EqualLayoutsHaveOnePrepare) {
    for (const Isa isa : cpu::available_isas())
        for (const MatmulKernel& a : cpu::matmul_table(isa))
            for (const MatmulKernel& b : cpu::matmul_table(isa))
                if (a.activation_layout == b.activation_layout) {
                    EXPECT_EQ(a.prepare, b.prepare);
                    EXPECT_EQ(a.activation_bytes, b.activation_bytes);
                }
}

TEST(IsaPaths, NamesAreReadBack) {
    for (const Isa isa : cpu::available_isas()) EXPECT_EQ(cpu::isa_from_name(name(isa)), isa);
    EXPECT_EQ(cpu::isa_from_name("avx3"), std::nullopt);
}

TEST(IsaPaths, WayDownEndsAtScalarAndIsAvailable) {
    const auto& available = cpu::available_isas();
    EXPECT_EQ(available.front(), Isa::scalar);
    for (Isa isa : available) {
        EXPECT_NE(std::find(available.begin(), available.end(), cpu::below(isa)), available.end());
        while (isa != Isa::scalar) {
            ASSERT_LT(cpu::below(isa), isa);
            isa = cpu::below(isa);
        }
    }
}

}  // namespace
}  // namespace edgeroof::tests
