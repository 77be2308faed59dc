// SPDX-License-Identifier: Apache-2.0
//
// KV store and attention of every ISA path, together, against the double reference over the rows
// as the cache's format rounds them.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/cpu/ops.hpp"
#include "kernels/reference/operators.hpp"
#include "kernels/reference/reference.hpp"

namespace edgeroof::cpu {
namespace {

using reference::Values;

struct Case {
    const char* what;
    std::int64_t key_dim, value_dim, heads, kv_heads;
    std::int64_t position, tokens;
    float soft_cap = 0.0F;
    std::int32_t window = 0;
};

constexpr Case cases[] = {
    {"first token", 64, 64, 9, 3, 0, 1},
    {"decode", 64, 64, 9, 3, 200, 1},
    {"decode at the end of a tile", 64, 64, 4, 4, 63, 1},
    {"decode at the start of a tile", 64, 64, 8, 1, 64, 1},
    {"small heads", 8, 8, 8, 4, 37, 5},
    {"odd heads", 80, 80, 6, 2, 70, 3},
    {"values of another size", 96, 40, 4, 2, 100, 2},
    {"values of another size, in blocks", 96, 32, 4, 2, 100, 2},
    {"prefill", 64, 64, 6, 2, 0, 33},
    {"prefill later", 64, 64, 14, 2, 150, 21},
    {"large heads", 256, 256, 4, 1, 90, 4},
    {"soft cap", 64, 64, 8, 4, 130, 7, 5.0F},
    {"window", 64, 64, 9, 3, 300, 9, 0.0F, 100},
    {"window of one", 64, 64, 2, 1, 75, 3, 0.0F, 1},
    {"window larger than the past", 32, 32, 2, 2, 20, 4, 0.0F, 1000},
};

std::vector<float> random_values(std::int64_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = normal(random);
    return values;
}

Values wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// What the cache holds of these rows.
Values rounded(const std::vector<float>& rows, Format format) {
    const Tensor all{"rows",      format, Shape{{static_cast<std::int64_t>(rows.size()), 1, 1, 1}},
                     Role::state, {},     0};
    return reference::decode(all, reference::encode(all, wide(rows)));
}

bool fits(const Case& c, Format format) {
    return format != Format::q8_0 || (c.key_dim % 32 == 0 && c.value_dim % 32 == 0);
}

class AttentionTest : public testing::TestWithParam<std::tuple<Isa, Format>> {
  protected:
    void SetUp() override { prepare(cases[0]); }

    /// Fills both caches with the rows of all positions, by the path's own kv_store.
    void prepare(const Case& c) {
        const auto [isa, format] = GetParam();
        const std::int64_t length = c.position + c.tokens, capacity = length + 7;
        keys_layout_ = {format, true, c.key_dim, c.kv_heads, capacity};
        values_layout_ = {format, false, c.value_dim, c.kv_heads, capacity};
        keys_ = random_values(length * c.key_dim * c.kv_heads, 1);
        values_ = random_values(length * c.value_dim * c.kv_heads, 2);
        q_ = random_values(c.tokens * c.key_dim * c.heads, 3);
        key_cache_ = filled(keys_layout_, keys_, length);
        value_cache_ = filled(values_layout_, values_, length);
        out_.assign(static_cast<std::size_t>(c.tokens * c.value_dim * c.heads), NAN);
    }

    std::vector<std::byte> filled(const KvLayout& layout, const std::vector<float>& rows,
                                  std::int64_t length) {
        // 0xFF..: what was never stored is NaN, in scales and in numbers.
        std::vector<std::byte> cache(
            static_cast<std::size_t>(sequence_bytes(layout) + kv_slack_bytes), std::byte{0xFF});
        const Ops& table = ops(std::get<0>(GetParam()));
        // As one step from position 0 and one from the middle, the latter head by head.
        const std::int64_t half = length / 2;
        table.kv_store({rows.data(), cache.data(), layout, 0, 0, half, 0, layout.heads});
        const float* later = rows.data() + half * layout.head_dim * layout.heads;
        for (std::int64_t head = 0; head < layout.heads; ++head)
            table.kv_store({later, cache.data(), layout, half, 0, length - half, head, head + 1});
        return cache;
    }

    AttentionTile tile(const Case& c, std::int64_t kv_head) const {
        return {.q = q_.data(),
                .keys = key_cache_.data(),
                .values = value_cache_.data(),
                .key_layout = keys_layout_,
                .value_layout = values_layout_,
                .heads = c.heads,
                .position = c.position,
                .scale = 0.125F,
                .soft_cap = c.soft_cap,
                .window = c.window,
                .kv_head = kv_head,
                .token_begin = 0,
                .token_end = c.tokens,
                .begin = 0,
                .end = c.position + c.tokens};
    }

    struct OwnedState {
        std::vector<float> data;
        AttentionState state;
        OwnedState(std::int64_t rows, std::int64_t value_dim)
            : data(static_cast<std::size_t>(attention_state_floats(rows, value_dim)), NAN),
              state{data.data(), rows, attention_stride(value_dim)} {}
    };

    OwnedState run(const AttentionTile& tile) const {
        const AttentionKernel& kernel = ops(std::get<0>(GetParam())).attention;
        const std::int64_t dim = tile.value_layout.head_dim;
        OwnedState state(tile.rows(), dim);
        std::vector<float> scratch(static_cast<std::size_t>(
            kernel.scratch_floats(tile.rows(), tile.key_layout.head_dim, dim)));
        kernel.run(tile, scratch.data(), state.state);
        return state;
    }

    void expect_reference(const Case& c) const {
        const auto [isa, format] = GetParam();
        const Attention op{.q = 0,
                           .keys = 0,
                           .values = 0,
                           .out = 0,
                           .heads = static_cast<std::int32_t>(c.heads),
                           .kv_heads = static_cast<std::int32_t>(c.kv_heads),
                           .scale = 0.125F,
                           .soft_cap = c.soft_cap,
                           .window = c.window};
        const Values expected = reference::attention(
            op, wide(q_), rounded(keys_, format), rounded(values_, format), c.key_dim, c.position);
        ASSERT_EQ(expected.size(), out_.size());
        // Scores are sums of up to 256 products of size 1/8: off by < 1e-5, so are their
        // exponentials; a mean of values below 5 with such weights is off by < 5e-5.
        for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_NEAR(out_[i], expected[i], 5e-5) << "at " << i;
    }

    KvLayout keys_layout_, values_layout_;
    std::vector<float> keys_, values_, q_, out_;
    std::vector<std::byte> key_cache_, value_cache_;
};

TEST_P(AttentionTest, MatchesTheReference) {
    const AttentionKernel& kernel = ops(std::get<0>(GetParam())).attention;
    for (const Case& c : cases) {
        if (!fits(c, std::get<1>(GetParam()))) continue;
        SCOPED_TRACE(c.what);
        prepare(c);
        for (std::int64_t head = 0; head < c.kv_heads; ++head) {
            const OwnedState state = run(tile(c, head));
            kernel.finish(tile(c, head), state.state, out_.data());
        }
        expect_reference(c);
    }
}

TEST_P(AttentionTest, RangesOfPositionsMerge) {
    const AttentionKernel& kernel = ops(std::get<0>(GetParam())).attention;
    for (const Case& c : cases) {
        if (!fits(c, std::get<1>(GetParam()))) continue;
        SCOPED_TRACE(c.what);
        prepare(c);
        const std::int64_t length = c.position + c.tokens;
        for (std::int64_t head = 0; head < c.kv_heads; ++head) {
            AttentionTile part = tile(c, head);
            // Cuts at tiles of keys, as a device makes them; the first may hold nothing visible.
            part.end = std::min<std::int64_t>(length, kv_tile);
            const OwnedState whole = run(part);
            for (std::int64_t begin = kv_tile; begin < length; begin += 5 * kv_tile) {
                part.begin = begin;
                part.end = std::min(length, begin + 5 * kv_tile);
                kernel.merge(whole.state, run(part).state, c.value_dim);
            }
            kernel.finish(tile(c, head), whole.state, out_.data());
        }
        expect_reference(c);
    }
}

TEST_P(AttentionTest, TilesOfTokensAreIndependent) {
    const AttentionKernel& kernel = ops(std::get<0>(GetParam())).attention;
    for (const Case& c : cases) {
        if (!fits(c, std::get<1>(GetParam()))) continue;
        SCOPED_TRACE(c.what);
        prepare(c);
        for (std::int64_t head = 0; head < c.kv_heads; ++head)
            for (std::int64_t token = 0; token < c.tokens; token += 2) {
                AttentionTile part = tile(c, head);
                part.token_begin = token;
                part.token_end = std::min(c.tokens, token + 2);
                part.end = c.position + part.token_end;
                const OwnedState state = run(part);
                kernel.finish(part, state.state, out_.data());
            }
        expect_reference(c);
    }
}

std::string case_name(const testing::TestParamInfo<std::tuple<Isa, Format>>& info) {
    return std::string(name(std::get<0>(info.param))) + "_" +
           std::string(traits(std::get<1>(info.param)).name);
}

INSTANTIATE_TEST_SUITE_P(Isas, AttentionTest,
                         testing::Combine(testing::ValuesIn(available_isas()),
                                          testing::Values(Format::f32, Format::f16, Format::q8_0)),
                         case_name);

}  // namespace
}  // namespace edgeroof::cpu
