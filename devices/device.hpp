// SPDX-License-Identifier: Apache-2.0
//
// A device compiles a graph and runs it. The CPU, Vulkan, OpenCL and ONNX Runtime implement this
// one interface; see docs/architecture.md for how each does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/graph.hpp"

namespace edgeroof {

/// What a board's operator cannot be run with; thrown by compile, by name. Nothing falls back.
class Unsupported : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct DeviceInfo {
    std::string id;         ///< "cpu", "vulkan:0": what --device takes
    std::string name;       ///< as the vendor calls it
    std::string driver;     ///< name and version; for a CPU the ISA path in use
    bool software = false;  ///< a CPU that plays a GPU (lavapipe, PoCL): never a GPU figure
    std::uint64_t memory_bytes = 0;
    std::uint64_t last_level_cache_bytes = 0;  ///< 0: unknown
    std::int32_t threads = 1;                  ///< CPU threads in use
};

/// Where weights come from: a mapped model file, or a generator. Lives longer than what uses it.
class WeightSource {
  public:
    virtual ~WeightSource() = default;
    /// Bytes of the tensor's rows in its format. Valid while the source lives.
    virtual std::span<const std::byte> bytes(const Tensor& weight) const = 0;
    /// The device has its own copy of these bytes and will not read them again.
    virtual void release(const Tensor& weight) const { (void)weight; }
    /// The same of a part of what bytes() gave; the rest is still to be read, release() follows.
    virtual void release_part(std::span<const std::byte> part) const { (void)part; }
};

/// Bytes of memory for which huge pages were asked, and that lie in them.
struct HugePages {
    std::uint64_t asked = 0, got = 0;
};

/// A device's resident tensors: weights as it lays them out, and states. Executables compiled into
/// the same memory share them by tensor name: prefill and decode share one KV cache. They share the
/// room for activations too: what is written into one, or to be read from it, lasts until another
/// is written or run.
class Memory {
  public:
    virtual ~Memory() = default;
    virtual std::uint64_t weight_bytes() const = 0;  ///< held by the device beside the source
    virtual std::uint64_t state_bytes() const = 0;
    virtual void clear_states() = 0;
    /// As the system has it now; nothing where the device has no say in its pages.
    virtual std::optional<HugePages> huge_pages() const { return std::nullopt; }
};

/// Tokens of one sequence within a step. A step has one today; several share a step's weights
/// later.
struct Segment {
    std::int32_t sequence = 0;
    std::int64_t position = 0;  ///< tokens of the sequence that are cached before the step
    std::int32_t tokens = 1;
};

struct Step {
    std::vector<Segment> segments{Segment{}};
    static Step at(std::int64_t position, std::int32_t tokens) { return {{{0, position, tokens}}}; }
    std::int64_t position() const { return segments.front().position; }
};

struct StepTime {
    std::chrono::nanoseconds host{};                   ///< monotonic clock around the whole step
    std::optional<std::chrono::nanoseconds> device{};  ///< the device's own clock, where it has one
};

/// Time of the operators that the device ran as one (a fusion is one group), from a profiled step:
/// mean over the threads that share them. All groups together take no longer than the step.
struct GroupTime {
    std::vector<std::size_t> ops;  ///< indices into Graph::ops
    std::chrono::nanoseconds time{};
};

class Executable {
  public:
    virtual ~Executable() = default;
    virtual void write(TensorId input, std::span<const std::byte> bytes) = 0;
    /// Blocks until the step is done. Throws DeviceLost.
    virtual StepTime run(const Step& step) = 0;
    virtual void read(TensorId output, std::span<std::byte> bytes) = 0;
    /// Runs a step with a clock around every group. Slower than run, if little: their figures are
    /// never mixed.
    virtual std::vector<GroupTime> profile(const Step& step) = 0;
    /// Arithmetic operations that the last run's PeakCompute did (2 per multiply-add).
    virtual std::uint64_t roof_operations() const { return 0; }
};

class DeviceLost : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Device {
  public:
    virtual ~Device() = default;
    virtual const DeviceInfo& info() const = 0;
    /// What a matmul of that many tokens with weights of the format is computed in: the arithmetic
    /// whose roof bounds it. Everything else is FP32.
    virtual Arithmetic arithmetic(Format weights, std::int64_t tokens) const {
        (void)weights, (void)tokens;
        return Arithmetic::fp32;
    }
    virtual std::unique_ptr<Memory> create_memory(const WeightSource& weights) = 0;
    /// Throws Unsupported naming the first operator (with format and shape) that it cannot run.
    virtual std::unique_ptr<Executable> compile(const Graph& graph, Memory& memory) = 0;
};

}  // namespace edgeroof
