// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "kernels/error.hpp"
#include "kernels/formats/format.hpp"

namespace edgeroof {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(FormatTable, FindsEachFormatByNameAndByGgufType) {
    EXPECT_EQ(all_formats().size(), 17U);
    for (const FormatTraits& t : all_formats()) {
        EXPECT_EQ(&traits(t.format), &t);
        EXPECT_EQ(format_from_name(t.name), t.format) << t.name;
        EXPECT_EQ(format_from_gguf(t.gguf_type), t.format) << t.name;
        EXPECT_NE(t.decode, nullptr);
        EXPECT_NE(t.encode, nullptr);
    }
}

TEST(FormatTable, HasTheTypeNumbersOfGguf) {
    // ggml_type in GGUF's specification.
    const std::pair<Format, std::uint32_t> types[] = {
        {Format::f32, 0},     {Format::f16, 1},     {Format::q4_0, 2},  {Format::q4_1, 3},
        {Format::q5_0, 6},    {Format::q5_1, 7},    {Format::q8_0, 8},  {Format::q2_k, 10},
        {Format::q3_k, 11},   {Format::q4_k, 12},   {Format::q5_k, 13}, {Format::q6_k, 14},
        {Format::iq4_nl, 20}, {Format::iq4_xs, 23}, {Format::i32, 26},  {Format::bf16, 30},
        {Format::mxfp4, 39}};
    for (const auto& [format, type] : types) EXPECT_EQ(traits(format).gguf_type, type);
}

TEST(FormatTable, NamesMatchInAnyCaseAndWhole) {
    EXPECT_EQ(format_from_name("q4_k"), Format::q4_k);
    EXPECT_EQ(format_from_name("Iq4_Xs"), Format::iq4_xs);
    EXPECT_EQ(format_from_name("Q4_"), std::nullopt);
    EXPECT_EQ(format_from_name("Q4_K_M"), std::nullopt);
    EXPECT_EQ(format_from_name(""), std::nullopt);
    EXPECT_EQ(format_from_gguf(4), std::nullopt);  // Q4_2, removed from GGUF
    EXPECT_EQ(format_from_gguf(1000), std::nullopt);
}

TEST(RowBytes, CountsWholeBlocks) {
    EXPECT_EQ(row_bytes(Format::f32, 3), 12U);
    EXPECT_EQ(row_bytes(Format::bf16, 3), 6U);
    EXPECT_EQ(row_bytes(Format::q8_0, 64), 68U);
    EXPECT_EQ(row_bytes(Format::q4_0, 4096), 2304U);
    EXPECT_EQ(row_bytes(Format::q4_k, 512), 288U);
    EXPECT_EQ(row_bytes(Format::q6_k, 0), 0U);
}

TEST(RowBytes, RejectsWhatIsNoWholeNumberOfBlocks) {
    EXPECT_THAT([] { row_bytes(Format::q4_k, 288); },
                ThrowsMessage<InputError>(
                    testing::AllOf(HasSubstr("288"), HasSubstr("Q4_K"), HasSubstr("256"))));
    EXPECT_THROW(row_bytes(Format::q8_0, 31), InputError);
    EXPECT_THROW(row_bytes(Format::f32, -1), InputError);
    EXPECT_THROW(row_bytes(Format::q4_0, -32), InputError);
    EXPECT_THROW(row_bytes(Format::f32, std::numeric_limits<std::int64_t>::max()), InputError);
}

}  // namespace
}  // namespace edgeroof
