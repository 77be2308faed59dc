// SPDX-License-Identifier: Apache-2.0
#include "harness/roofs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "harness/clock.hpp"
#include "kernels/work.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::int64_t row_values = 4096;
constexpr std::int64_t row_size = row_values * 4;
constexpr std::uint64_t mebibyte = 1024 * 1024;
/// A sample should dwarf the start of a step (some microseconds) and the clock (tens of ns).
constexpr double shortest_sample_seconds = 1e-3;

std::int64_t rows_of(std::uint64_t bytes) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(bytes) / row_size);
}

Tensor result_tensor(std::size_t index) {
    return {fmt::format("result{}", index), Format::f32, {{1, 1, 1, 1}}, Role::activation, {}, 0};
}

/// `passes` operators of the kind, one after the other.
Graph roof_graph(const RoofEntry& entry, std::int64_t passes) {
    Graph graph;
    const Shape shape{{row_values, rows_of(entry.bytes), 1, 1}};
    const std::string name = "roof " + entry.roof.name;
    TensorId from = 0, to = 0;
    if (entry.kind == "stream_read")
        from = graph.add({name, Format::f32, shape, Role::weight, {}, 0});
    if (entry.kind == "stream_copy") {
        from = graph.add({name + " a", Format::f32, shape, Role::state, {}, 0});
        to = graph.add({name + " b", Format::f32, shape, Role::state, {}, 0});
    }
    for (std::int64_t pass = 0; pass < passes; ++pass) {
        Op op{fmt::format("{} {}", entry.kind, pass), -1, StreamCopy{from, to}};
        if (entry.kind == "stream_copy") {
            // Forth and back, so that every page of both has been written: pages that never were
            // are all one page of zeros to the system, and that one is in the cache.
            std::swap(from, to);
        } else {
            const TensorId out = graph.add(result_tensor(graph.tensors.size()));
            graph.outputs = {out};
            if (entry.kind == "stream_read")
                op.kind = StreamRead{from, out};
            else
                op.kind = PeakCompute{entry.format, passes, out};
        }
        graph.ops.push_back(std::move(op));
        if (entry.kind == "peak_compute") break;  // its iterations are its passes
    }
    return graph;
}

class RoofWorkload final : public Workload {
  public:
    RoofWorkload(Device& device, Memory& memory, RoofEntry entry, std::int32_t threads,
                 std::string isa)
        : entry_(std::move(entry)), threads_(threads), isa_(std::move(isa)) {
        device_id_ = device.info().id;
        // Copies go there and back. Arithmetic begins with what the slowest core does in some
        // milliseconds.
        passes_ = entry_.kind == "peak_compute" ? 100'000 : entry_.kind == "stream_copy" ? 2 : 1;
        compile(device, memory);
        for (int tries = 0; tries < 4; ++tries) {
            run();  // pages are mapped, clocks rise
            const double seconds = seconds_of(run().ns);
            if (seconds >= shortest_sample_seconds) break;
            const double factor = 2.0 * shortest_sample_seconds / std::max(seconds, 1e-7);
            passes_ *= static_cast<std::int64_t>(std::clamp(factor + 1.0, 2.0, 5000.0));
            compile(device, memory);
        }
    }

    reports::Measurement describe() const override {
        reports::Measurement m;
        m.id = "roof/" + device_id_ + '/' + entry_.roof.name;
        m.kind = reports::Kind::roof;
        m.device = device_id_;
        m.roof = entry_.roof;
        m.op = reports::Operator{entry_.roof.name,
                                 entry_.kind,
                                 std::string(traits(entry_.format).name),
                                 {row_values, rows_of(entry_.bytes)}};
        m.threads = threads_;
        m.isa = isa_;
        if (entry_.kind == "peak_compute") {
            m.op->shape = {1};
            m.work.flops = executable_->roof_operations();
        } else {
            const edgeroof::Work work = work_of(graph_, graph_.ops.front(), 0);
            m.work = {work.flops, work.weight_bytes, work.state_bytes, work.activation_bytes};
            m.repetitions = static_cast<std::int64_t>(graph_.ops.size());
        }
        return m;
    }

    reports::Sample sample() override { return run(); }

  private:
    void compile(Device& device, Memory& memory) {
        graph_ = roof_graph(entry_, passes_);
        executable_ = device.compile(graph_, memory);
    }

    reports::Sample run() {
        const std::int64_t start = monotonic_ns();
        const StepTime time = executable_->run(Step{});
        return {start, time.host.count()};
    }

    RoofEntry entry_;
    std::int32_t threads_;
    std::string isa_, device_id_;
    std::int64_t passes_ = 1;
    Graph graph_;
    std::unique_ptr<Executable> executable_;
};

RoofEntry read_entry(std::string name, std::string level, std::uint64_t bytes) {
    return {{reports::Resource::memory, std::move(name), std::move(level)},
            "stream_read",
            Format::f32,
            bytes};
}

RoofEntry compute_entry(std::string name, Format format) {
    return {{reports::Resource::compute, std::move(name), std::nullopt}, "peak_compute", format, 0};
}

std::uint64_t dram_working_set(const std::vector<CacheLevel>& caches, std::uint64_t memory_bytes) {
    // Of a set that is read in circles, a cache that replaces at random keeps about its own share:
    // at 16 times its size that is some percent. A smaller set would be a roof too high for
    // anything larger.
    std::uint64_t bytes = 16 * (caches.empty() ? 0 : caches.back().bytes);
    bytes = std::clamp(bytes, 64 * mebibyte, 1024 * mebibyte);
    return memory_bytes > 0 ? std::max(std::min(bytes, memory_bytes / 8), mebibyte) : bytes;
}

}  // namespace

RoofPlan::RoofPlan(std::vector<CacheLevel> caches, std::uint64_t memory_bytes)
    : caches_(std::move(caches)), dram_bytes_(dram_working_set(caches_, memory_bytes)) {
    entries_.push_back(read_entry("DRAM read", "DRAM", dram_bytes_));
    entries_.push_back({{reports::Resource::memory, "DRAM copy", "DRAM"},
                        "stream_copy",
                        Format::f32,
                        dram_bytes_ / 2});
    for (const CacheLevel& cache : caches_) entries_.push_back(read_of(cache.bytes / 2));
    entries_.push_back(compute_for("F32"));
    entries_.push_back(compute_for("Q8_0"));
}

RoofEntry RoofPlan::read_of(std::uint64_t bytes) const {
    std::uint64_t nearer = 0;
    for (const CacheLevel& cache : caches_) {
        // Beyond what the nearer level holds, within what this one does.
        const std::string level = fmt::format("L{}", cache.level);
        if (bytes <= cache.bytes)
            return read_entry(level + " read", level,
                              std::max(nearer, std::max(cache.bytes / 2, mebibyte / 4)));
        nearer = cache.bytes * 2;
    }
    if (bytes >= dram_bytes_) return read_entry("DRAM read", "DRAM", dram_bytes_);
    const std::uint64_t megabytes = (bytes + 500'000) / 1'000'000;
    return read_entry(fmt::format("DRAM read ({} MB)", megabytes), "DRAM",
                      std::max<std::uint64_t>(megabytes, 1) * 1'000'000);
}

RoofEntry RoofPlan::compute_for(std::string_view format) const {
    const bool floats = format == "F32" || format == "F16" || format == "BF16";
    return floats ? compute_entry("FP32 FMA", Format::f32)
                  : compute_entry("INT8 dot", Format::q8_0);
}

/// Bytes for the streams. Not all zero: a page of zeros may be one page for all.
class RoofSet::Source final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        const std::size_t size = row_bytes(weight.format, weight.shape.row()) *
                                 static_cast<std::size_t>(weight.shape.rows());
        std::vector<float>& data = data_[weight.name];
        if (data.empty()) {
            data.resize(size / sizeof(float));
            for (std::size_t i = 0; i < data.size(); ++i)
                data[i] = static_cast<float>(i % 251) + 1.0F;
        }
        return std::as_bytes(std::span(data));
    }
    void release(const Tensor& weight) const override { data_.erase(weight.name); }

  private:
    mutable std::map<std::string, std::vector<float>> data_;
};

RoofSet::RoofSet(Device& device, std::int32_t threads, std::string isa)
    : device_(device),
      threads_(threads),
      isa_(std::move(isa)),
      source_(std::make_unique<Source>()),
      memory_(device.create_memory(*source_)) {}

RoofSet::~RoofSet() = default;

Workload& RoofSet::get(const RoofEntry& entry) {
    std::unique_ptr<Workload>& made = made_[entry.roof.name];
    if (!made) made = std::make_unique<RoofWorkload>(device_, *memory_, entry, threads_, isa_);
    return *made;
}

}  // namespace edgeroof::harness
