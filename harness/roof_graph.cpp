// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace edgeroof::harness {
namespace {

/// A page: threads share out pages.
constexpr std::int64_t row_values = 1024;
constexpr std::uint64_t row_size = row_values * 4;

/// As many for each thread: with one more for some of them, the others would wait.
std::int64_t rows_for(std::uint64_t bytes, std::int32_t threads) {
    const auto pages = static_cast<std::int64_t>(bytes / row_size);
    return std::max<std::int64_t>(1, pages / threads) * threads;
}

/// The operator that a roof of the kind is made of.
class GraphOf {
  public:
    GraphOf(const RoofEntry& entry, std::int32_t threads, const RoofVariant& variant,
            std::int64_t passes, std::uint64_t piece)
        : entry_(entry),
          threads_(threads),
          walk_(variant.walk),
          variant_(variant),
          passes_(passes),
          piece_(piece) {}

    Graph graph() {
        graph_.ops.push_back({std::string("roof ") + entry_.roof.name, -1, operation()});
        return std::move(graph_);
    }

  private:
    OpKind operation() {
        switch (entry_.kind) {
            case RoofKind::read:
                return StreamRead{stream("a", Role::weight, 1), result(), walk_, passes_};
            case RoofKind::write:
                return StreamWrite{stream("a", Role::state, 1), 1.0F, walk_, passes_};
            case RoofKind::copy:
                return StreamCopy{stream("a", Role::state, 2), stream("b", Role::state, 2), walk_,
                                  passes_};
            case RoofKind::triad:
                return StreamTriad{stream("a", Role::state, 3),
                                   stream("b", Role::state, 3),
                                   stream("c", Role::state, 3),
                                   3.0F,
                                   walk_,
                                   passes_};
            case RoofKind::latency: {
                const auto lines = static_cast<std::int64_t>(entry_.bytes / 64);
                const TensorId x =
                    tensor("lines", Format::i32,
                           {chase_line_values,
                            std::clamp<std::int64_t>(lines, 2, std::int64_t{1} << 24), 1, 1},
                           Role::weight);
                return PointerChase{x, result(), passes_};
            }
            case RoofKind::compute:
                return PeakCompute{entry_.arithmetic, passes_, result()};
            case RoofKind::kernel:
                break;
        }
        graph_.tokens = variant_.tokens > 0 ? variant_.tokens : entry_.tokens;
        const std::int64_t k = variant_.k, rows = variant_.rows * threads_;
        const TensorId weight = tensor(fmt::format("weights {}x{}", k, rows), entry_.format,
                                       {k, rows, 1, 1}, Role::weight);
        const TensorId x = tensor("x", Format::f32, {k, graph_.tokens, 1, 1}, Role::activation);
        const TensorId out =
            tensor("out", Format::f32, {rows, graph_.tokens, 1, 1}, Role::activation);
        graph_.inputs = {x};
        graph_.outputs = {out};
        return MatMulLoop{weight, x, out, passes_};
    }

    TensorId tensor(std::string_view what, Format format, std::array<std::int64_t, 4> extent,
                    Role role) {
        return graph_.add({fmt::format("roof {} {}{}", entry_.roof.name, what,
                                       piece_ > 0 ? fmt::format(" {}", piece_) : ""),
                           format,
                           {extent},
                           role,
                           {},
                           0});
    }
    TensorId stream(std::string_view what, Role role, std::uint64_t operands) {
        return tensor(what, Format::f32,
                      {row_values, rows_for(entry_.bytes / operands, threads_), 1, 1}, role);
    }
    TensorId result() {
        const TensorId out = tensor("result", Format::f32, {1, 1, 1, 1}, Role::activation);
        graph_.outputs = {out};
        return out;
    }

    const RoofEntry& entry_;
    std::int32_t threads_;
    Walk walk_;
    RoofVariant variant_;
    std::int64_t passes_;
    std::uint64_t piece_;
    Graph graph_;
};

}  // namespace

Graph roof_graph(const RoofEntry& entry, std::int32_t threads, const RoofVariant& variant,
                 std::int64_t passes, std::uint64_t piece) {
    return GraphOf(entry, threads, variant, passes, piece).graph();
}

std::uint64_t pieces_of(const RoofEntry& entry) {
    return entry.burst_out_of > 0
               ? std::max<std::uint64_t>(
                     entry.burst_out_of / std::max<std::uint64_t>(entry.bytes, 1), 1)
               : 1;
}

std::vector<RoofVariant> roof_variants(const RoofEntry& entry) {
    std::vector<RoofVariant> variants;
    if (entry.kind == RoofKind::kernel) {
        // Whole blocks and groups of rows. One token passes over the weights alone: they are to lie
        // in L1. With many tokens a kernel unpacks them, and goes through the tokens from L1; more
        // values of k would drive activations out of L2.
        constexpr std::uint64_t half_of_l1 = 16 * 1024;
        if (entry.k > 0) return {{{}, entry.k, 16}, {{}, entry.k, 32}, {{}, entry.k, 64}};
        if (entry.tokens > 1) {
            for (const std::int64_t tokens : many_tokens)
                for (const std::int64_t k : {512, 1024, 2048})
                    for (const std::int64_t rows : {32, 128})
                        variants.push_back({{}, k, rows, tokens});
            return variants;
        }
        for (const std::int64_t k : {256, 512, 1024, 2048, 4096})
            for (const std::int64_t rows : {16, 32, 64, 128})
                if (row_bytes(entry.format, k) * static_cast<std::uint64_t>(rows) <= half_of_l1)
                    variants.push_back({{}, k, rows});
        return variants;
    }
    const bool reads = entry.kind != RoofKind::write, stores = entry.kind != RoofKind::read;
    for (const bool past_cache : {false, true}) {
        if (past_cache && !stores) continue;
        // Past L2 a line need not be far ahead: what counts is that L2 does not hand it on to L3.
        for (const auto& [prefetch, past_l2] :
             {std::pair{0, false}, {512, false}, {2048, false}, {128, true}}) {
            if (prefetch > 0 && !reads) continue;
            for (const std::int32_t streams : {1, 2, 4, 8})
                // More pointers than registers are no way to walk.
                if (streams <= (stores ? 4 : 8))
                    variants.push_back({{streams, prefetch, past_cache, past_l2}});
        }
    }
    for (const std::int32_t streams : {1, 2, 4})
        variants.push_back({{.streams = streams, .half_vectors = true}});
    if (reads && stores)
        for (const bool past_cache : {false, true})
            variants.push_back({{.past_cache = past_cache, .in_fours = true}});
    return variants;
}

}  // namespace edgeroof::harness
