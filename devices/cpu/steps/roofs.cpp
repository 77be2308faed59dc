// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <stdexcept>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// Shares are whole pages: no two threads touch a page, nor does a prefetcher cross shares.
constexpr std::int64_t page = 4096;

std::int64_t bytes_of(const Tensor& tensor) {
    return static_cast<std::int64_t>(row_bytes(tensor.format, tensor.shape.row())) *
           tensor.shape.rows();
}

std::byte* state(Planner& planner, TensorId id) {
    return planner.residents.state(planner.graph[id], Pages::huge).buffer.data();
}

/// The thread's part of each operand.
StreamArgs share_of(const StreamArgs& whole, Range range) {
    StreamArgs share = whole;
    for (const std::byte** read : {&share.a, &share.b})
        if (*read != nullptr) *read += range.begin;
    if (share.out != nullptr) share.out += range.begin;
    share.bytes = static_cast<std::size_t>(range.end - range.begin);
    return share;
}

const Roofs& roofs_for(const Planner& planner, const Walk& walk) {
    const auto refuse = [&](const char* what) {
        throw std::invalid_argument("there are no " + std::string(what) + " on the path " +
                                    std::string(name(planner.isa)));
    };
    if (walk.past_cache && !planner.roofs.stores_past_cache) refuse("stores past the cache");
    if (!walk.half_vectors) return planner.roofs;
    const Roofs* half = half_vector_roofs(planner.isa);
    if (half == nullptr) refuse("vectors of half the width");
    return *half;
}

class StreamReadStep final : public CpuStep {
  public:
    StreamReadStep(Planner& planner, const StreamRead& op)
        : kernel_(roofs_for(planner, op.walk).stream_read),
          args_{.a = planner.residents.copied(planner.graph[op.x]),
                .walk = op.walk,
                .passes = op.passes},
          sums_(planner.scratch(sizeof(std::uint32_t), true)),
          split_{bytes_of(planner.graph[op.x]), page} {
        accesses = {{sums_, true}};
    }

    void run(const Lane& lane) const override {
        const std::uint32_t sum = kernel_(share_of(args_, split_.of(lane)));
        std::memcpy(lane.bytes(sums_), &sum, sizeof sum);
    }

    Slot sums() const { return sums_; }

  private:
    decltype(Roofs::stream_read) kernel_;
    StreamArgs args_;
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
            all += sum;
        }
        *lane.floats(out_) = static_cast<float>(all & 0xFFFFFFU);
    }

  private:
    Slot sums_, out_;
};

/// Write, copy and triad.
class StreamStoreStep final : public CpuStep {
  public:
    StreamStoreStep(Planner& planner, decltype(Roofs::stream_copy) kernel, const StreamArgs& args,
                    std::initializer_list<TensorId> read, TensorId out)
        : kernel_(kernel), args_(args), split_{bytes_of(planner.graph[out]), page} {
        for (const TensorId id : read) accesses.push_back({planner.slot(id), false});
        accesses.push_back({planner.slot(out), true});
    }

    void run(const Lane& lane) const override { kernel_(share_of(args_, split_.of(lane))); }

  private:
    decltype(Roofs::stream_copy) kernel_;
    StreamArgs args_;
    Split split_;
};

/// One thread goes; the others wait.
class PointerChaseStep final : public CpuStep {
  public:
    PointerChaseStep(const std::int32_t* lines, std::int64_t count, std::int64_t hops, Slot out)
        : lines_(lines), count_(count), hops_(hops), out_(out) {
        accesses = {{out, true}};
    }

    void run(const Lane& lane) const override {
        if (lane.thread == 0)
            *lane.floats(out_) =
                static_cast<float>(pointer_chase(lines_, lane.position % count_, hops_));
    }

  private:
    const std::int32_t* lines_;
    std::int64_t count_, hops_;
    Slot out_;
};

/// Rounds are shared out as all work is: a slow core does fewer of them in the same time.
class PeakStep final : public CpuStep {
  public:
    PeakStep(PeakKernel kernel, std::int64_t rounds, int threads, Slot out)
        : kernel_(kernel), split_{rounds * threads, 1}, out_(out) {
        accesses = {{out, true}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        const std::uint64_t done = kernel_(end - begin);
        if (lane.thread != 0 || begin == end) return;
        *lane.floats(out_) = 0.0F;
        operations_ = done / static_cast<std::uint64_t>(end - begin) *
                      static_cast<std::uint64_t>(split_.total);
    }
    std::uint64_t roof_operations() const override { return operations_; }

  private:
    PeakKernel kernel_;
    Split split_;
    Slot out_;
    mutable std::uint64_t operations_ = 0;  // written by thread 0 alone, read after the run
};

}  // namespace

void plan_step(Planner& planner, const StreamRead& op) {
    const StreamReadStep& read = planner.add(std::make_unique<StreamReadStep>(planner, op));
    planner.add(std::make_unique<ChecksumStep>(read.sums(), planner.slot(op.out)));
}

void plan_step(Planner& planner, const StreamWrite& op) {
    const Roofs& kernels = roofs_for(planner, op.walk);
    planner.flush_stores();
    const StreamArgs args{
        .out = state(planner, op.out), .value = op.value, .walk = op.walk, .passes = op.passes};
    planner.add(std::make_unique<StreamStoreStep>(planner, kernels.stream_write, args,
                                                  std::initializer_list<TensorId>{}, op.out));
}

void plan_step(Planner& planner, const StreamCopy& op) {
    const Roofs& kernels = roofs_for(planner, op.walk);
    planner.flush_stores();
    const StreamArgs args{.a = state(planner, op.x),
                          .out = state(planner, op.out),
                          .walk = op.walk,
                          .passes = op.passes};
    planner.add(std::make_unique<StreamStoreStep>(planner, kernels.stream_copy, args,
                                                  std::initializer_list<TensorId>{op.x}, op.out));
}

void plan_step(Planner& planner, const StreamTriad& op) {
    const Roofs& kernels = roofs_for(planner, op.walk);
    planner.flush_stores();
    const StreamArgs args{.a = state(planner, op.a),
                          .b = state(planner, op.b),
                          .out = state(planner, op.out),
                          .value = op.factor,
                          .walk = op.walk,
                          .passes = op.passes};
    planner.add(std::make_unique<StreamStoreStep>(
        planner, kernels.stream_triad, args, std::initializer_list<TensorId>{op.a, op.b}, op.out));
}

void plan_step(Planner& planner, const PointerChase& op) {
    const Tensor& x = planner.graph[op.x];
    const auto* lines = reinterpret_cast<const std::int32_t*>(planner.residents.copied(x));
    for (std::int64_t line = 0; line < x.shape.rows(); ++line)
        if (lines[16 * line] < 0 || lines[16 * line] >= x.shape.rows())
            throw std::invalid_argument("'" + x.name + "' leads out of its lines");
    planner.add(
        std::make_unique<PointerChaseStep>(lines, x.shape.rows(), op.hops, planner.slot(op.out)));
}

void plan_step(Planner& planner, const PeakCompute& op) {
    const PeakKernel kernel = peak_kernel(planner.isa, op.arithmetic);
    if (kernel == nullptr) throw std::invalid_argument(why_no_peak(planner.isa, op.arithmetic));
    planner.add(
        std::make_unique<PeakStep>(kernel, op.iterations, planner.threads, planner.slot(op.out)));
}

}  // namespace edgeroof::cpu
