// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <stdexcept>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// Shares are whole pages: no two threads touch a page, nor does a prefetcher cross shares.
constexpr std::int64_t page = 4096;

class StreamReadStep final : public CpuStep {
  public:
    StreamReadStep(Planner& planner, const StreamRead& op)
        : kernel_(planner.roofs.stream_read),
          data_(planner.residents.copied(planner.graph[op.x])),
          sums_(planner.scratch(sizeof(std::uint32_t), true)),
          split_{static_cast<std::int64_t>(
                     row_bytes(planner.graph[op.x].format, planner.graph[op.x].shape.row())) *
                     planner.graph[op.x].shape.rows(),
                 page} {
        accesses = {{sums_, true}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        const std::uint32_t sum = kernel_(data_ + begin, static_cast<std::size_t>(end - begin));
        std::memcpy(lane.bytes(sums_), &sum, sizeof sum);
    }

    Slot sums() const { return sums_; }

  private:
    decltype(Roofs::stream_read) kernel_;
    const std::byte* data_;
    Slot sums_;
    Split split_;
};

/// out = the threads' checksums together, as a number below 2^24 that a float holds exactly.
class ChecksumStep final : public CpuStep {
  public:
    ChecksumStep(Slot sums, Slot out) : sums_(sums), out_(out) {
        accesses = {{sums, false, {}, true}, {out, true}};
    }

    void run(const Lane& lane) const override {
        if (lane.thread != 0) return;
        std::uint32_t all = 0;
        for (int thread = 0; thread < lane.threads; ++thread) {
            std::uint32_t sum = 0;
            std::memcpy(&sum, lane.bytes_of(thread, sums_), sizeof sum);
            all ^= sum;
        }
        *lane.floats(out_) = static_cast<float>(all & 0xFFFFFFU);
    }

  private:
    Slot sums_, out_;
};

class StreamCopyStep final : public CpuStep {
  public:
    StreamCopyStep(Planner& planner, const StreamCopy& op)
        : kernel_(planner.roofs.stream_copy),
          from_(planner.residents.state(planner.graph[op.x])),
          to_(planner.residents.state(planner.graph[op.out])),
          split_{static_cast<std::int64_t>(from_.tensor_bytes), page} {
        accesses = {{planner.slot(op.x), false}, {planner.slot(op.out), true}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        kernel_(from_.buffer.data() + begin, to_.buffer.data() + begin,
                static_cast<std::size_t>(end - begin));
    }

  private:
    decltype(Roofs::stream_copy) kernel_;
    const State &from_, &to_;
    Split split_;
};

class PeakStep final : public CpuStep {
  public:
    PeakStep(decltype(Roofs::peak_f32) kernel, std::int64_t rounds, Slot out)
        : kernel_(kernel), rounds_(rounds), out_(out) {
        accesses = {{out, true}};
    }

    void run(const Lane& lane) const override {
        const std::uint64_t done = kernel_(rounds_);
        if (lane.thread != 0) return;
        *lane.floats(out_) = 0.0F;
        operations_ = done * static_cast<std::uint64_t>(lane.threads);
    }
    std::uint64_t roof_operations() const override { return operations_; }

  private:
    decltype(Roofs::peak_f32) kernel_;
    std::int64_t rounds_;
    Slot out_;
    mutable std::uint64_t operations_ = 0;  // written by thread 0 alone, read after the run
};

}  // namespace

void plan_step(Planner& planner, const StreamRead& op) {
    const StreamReadStep& read = planner.add(std::make_unique<StreamReadStep>(planner, op));
    planner.add(std::make_unique<ChecksumStep>(read.sums(), planner.slot(op.out)));
}

void plan_step(Planner& planner, const StreamCopy& op) {
    planner.flush_stores();
    planner.add(std::make_unique<StreamCopyStep>(planner, op));
}

void plan_step(Planner& planner, const PeakCompute& op) {
    if (op.format != Format::f32 && op.format != Format::q8_0)
        throw std::invalid_argument("peak rates are measured for F32 and Q8_0, not " +
                                    std::string(traits(op.format).name));
    planner.add(std::make_unique<PeakStep>(
        op.format == Format::f32 ? planner.roofs.peak_f32 : planner.roofs.peak_i8, op.iterations,
        planner.slot(op.out)));
}

}  // namespace edgeroof::cpu
