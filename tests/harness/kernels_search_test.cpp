// SPDX-License-Identifier: Apache-2.0
//
// What `kernels` does with an operator that lies above its roofs, on a device whose clock is told
// what to show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <utility>
#include <variant>

#include "harness/interrupt.hpp"
#include "harness/kernels_bench.hpp"
#include "harness/roof_search.hpp"
#include "kernels/work.hpp"

namespace edgeroof::harness {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t mebibyte = 1024 * 1024;

/// Bytes and operations per nanosecond.
constexpr double stream_rate = 10, operator_rate = 20, arithmetic_rate = 1000;
constexpr std::int64_t peak_operations = 1000;  ///< of a pass

struct Script {
    double own_shape_rate = stream_rate;      ///< of reads of the operator's own working set
    bool interrupted_with_own_shape = false;  ///< such a read raises SIGINT, once
};

/// Computes nothing: its clock shows what the bytes and operations of a graph take at these rates.
class ScriptedDevice final : public Device {
  public:
    explicit ScriptedDevice(const Script& script) : script_(script) {}

    const DeviceInfo& info() const override { return info_; }
    std::unique_ptr<edgeroof::Memory> create_memory(const WeightSource&) override {
        return std::make_unique<NoMemory>();
    }
    std::unique_ptr<Executable> compile(const Graph& graph, edgeroof::Memory&) override {
        return std::make_unique<Scripted>(graph, script_);
    }

  private:
    class NoMemory final : public edgeroof::Memory {
        std::uint64_t weight_bytes() const override { return 0; }
        std::uint64_t state_bytes() const override { return 0; }
        void clear_states() override {}
    };

    class Scripted final : public Executable {
      public:
        Scripted(const Graph& graph, Script& script) : script_(script) {
            double ns = 0;
            for (const Op& op : graph.ops) {
                const auto bytes = static_cast<double>(work_of(graph, op, 0).bytes());
                if (const auto* peak = std::get_if<PeakCompute>(&op.kind)) {
                    operations_ = static_cast<std::uint64_t>(peak->iterations * peak_operations);
                    ns += static_cast<double>(operations_) / arithmetic_rate;
                } else if (const auto* read = std::get_if<StreamRead>(&op.kind)) {
                    // Roofs of a working set's own size have it in their names.
                    is_own_shape_ = graph[read->x].name.find("kB)") != std::string::npos;
                    ns += bytes / (is_own_shape_ ? script.own_shape_rate : stream_rate);
                } else {
                    ns += bytes / operator_rate;
                }
            }
            time_ = std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
        }
        void write(TensorId, std::span<const std::byte>) override {}
        StepTime run(const Step&) override {
            if (is_own_shape_ && std::exchange(script_.interrupted_with_own_shape, false))
                std::raise(SIGINT);
            return {time_, time_};
        }
        void read(TensorId, std::span<std::byte>) override {}
        std::vector<GroupTime> profile(const Step&) override { return {}; }
        std::uint64_t roof_operations() const override { return operations_; }

      private:
        Script& script_;
        std::chrono::nanoseconds time_{};
        std::uint64_t operations_ = 0;
        bool is_own_shape_ = false;
    };

    Script script_;
    DeviceInfo info_{.id = "cpu",
                     .name = "scripted",
                     .driver = "scripted",
                     .last_level_cache_bytes = 8 * mebibyte};
};

class KernelsSearch : public testing::Test {
  protected:
    KernelsSearch() {
        options_.specs = {{&kernel_kind("matmul"), Format::f32, {256, 256}}};
        options_.batches = {1};
        options_.cache = CacheState::warm;
        options_.repetitions = 3;
        options_.min_seconds = 0.001;
    }

    /// Measures; the operator's measurement, and whether it lies above a roof.
    reports::Measurement run(const Script& script) {
        reports::Board board;
        board.threads = 1;
        board.memory_bytes = 8192 * mebibyte;
        board.caches = {{2, "unified", mebibyte}, {3, "unified", 8 * mebibyte}};
        KernelsBench bench(options_, {std::make_unique<ScriptedDevice>(script), "scripted"},
                           std::move(board), [](const std::string&) {});
        const InterruptGuard guard;
        Progress progress(Progress::Style::silent, bench.steps(), bench.seconds());
        bench.run(progress);
        record_ = bench.record();
        EXPECT_THAT(record_.absent, IsEmpty());
        const std::string id = bench.order().front();
        EXPECT_EQ(bench.repetitions().at(id).size(), 3U);
        is_above_ = !above_their_roofs(record_, record_.measurements).empty();
        const reports::Measurement* measured = record_.find(id);
        if (measured == nullptr) throw std::logic_error("no measurement of " + id);
        return *measured;
    }

    KernelsOptions options_;
    reports::Record record_;
    bool is_above_ = false;
};

TEST_F(KernelsSearch, WhatLiesAboveItsRoofIsMeasuredBesideItsOwnShape) {
    const reports::Measurement measured = run({.own_shape_rate = 25});
    EXPECT_FALSE(is_above_);
    ASSERT_EQ(measured.settings.count("roof_search"), 1U);
    EXPECT_THAT(measured.settings.at("roof_search"), HasSubstr("kB)"));
    // Its arithmetic, the read of its level and the read of its size; each once.
    EXPECT_EQ(measured.roofs.size(), 3U);
    EXPECT_EQ(record_.measurements.size(), 4U);
    // Of the second time alone.
    EXPECT_EQ(measured.turns.size(), 3U);
}

TEST_F(KernelsSearch, EndsWhereThereIsNoOtherShape) {
    const reports::Measurement measured = run({});
    EXPECT_TRUE(is_above_);
    EXPECT_EQ(measured.settings.count("roof_search"), 1U);
    EXPECT_EQ(measured.turns.size(), 3U);
}

TEST_F(KernelsSearch, ASignalAmidTheSearchLosesNothing) {
    const reports::Measurement measured = run({.interrupted_with_own_shape = true});
    EXPECT_TRUE(is_above_);
    EXPECT_EQ(measured.settings.count("roof_search"), 0U);
    EXPECT_EQ(measured.roofs.size(), 2U);
    EXPECT_EQ(measured.turns.size(), 3U);
    EXPECT_EQ(record_.measurements.size(), 3U);
}

}  // namespace
}  // namespace edgeroof::harness
