// SPDX-License-Identifier: Apache-2.0
//
// Runs operators on one thread for a tool that simulates a cache: before each, the cache is filled
// with something else, and the step runs within measured_step(). Prints a line per operator with
// the bytes of the work model:
//   NAME WEIGHT_BYTES STATE_BYTES ACTIVATION_BYTES
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <vector>

#include "devices/cpu/cpu_device.hpp"
#include "harness/kernels_graph.hpp"
#include "kernels/work.hpp"

/// The tool collects within it, by its name.
extern "C" [[gnu::noinline]] void measured_step(edgeroof::Executable& executable,
                                                const edgeroof::Step& step) {
    executable.run(step);
}

namespace edgeroof {
namespace {

/// More than the simulated cache holds.
constexpr std::size_t flush_bytes = std::size_t{8} << 20;

/// Blocks of zero bits are valid in every format.
class Zeros final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        std::vector<std::byte>& bytes = made_[weight.name];
        bytes.resize(row_bytes(weight.format, weight.shape.row()) *
                     static_cast<std::size_t>(weight.shape.rows()));
        return bytes;
    }

  private:
    mutable std::map<std::string, std::vector<std::byte>> made_;
};

struct Case {
    const char* op;
    Format format;
    std::vector<std::int64_t> shape;
    std::int64_t tokens, depth;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> list{
        {"matmul", Format::f32, {256, 64}, 1, 0},
        {"matmul", Format::f16, {256, 96}, 1, 0},
        {"matmul", Format::bf16, {256, 96}, 4, 0},
        {"matmul", Format::q8_0, {512, 96}, 1, 0},
        {"matmul", Format::q4_0, {512, 192}, 1, 0},
        {"matmul", Format::q4_0, {512, 192}, 8, 0},
        {"matmul", Format::q5_0, {512, 96}, 1, 0},
        {"matmul", Format::q4_k, {512, 192}, 1, 0},
        {"matmul", Format::q6_k, {512, 96}, 1, 0},
        {"matmul", Format::q2_k, {512, 192}, 1, 0},
        {"embedding", Format::q8_0, {1024, 64}, 16, 0},
        {"rms_norm", Format::f32, {1024}, 8, 0},
        {"layer_norm", Format::f32, {1024}, 8, 0},
        {"rope", Format::f32, {64, 16}, 8, 0},
        {"kv_store", Format::f16, {64, 16}, 8, 4},
        {"attention", Format::f16, {64, 4, 4}, 1, 127},
        {"attention", Format::f32, {64, 8, 4}, 4, 60},
        {"gated_unit", Format::f32, {2048}, 4, 0},
        {"unary", Format::f32, {2048}, 4, 0},
        {"add", Format::f32, {2048}, 4, 0},
        {"scale", Format::f32, {2048}, 4, 0},
        {"soft_cap", Format::f32, {2048}, 4, 0},
        {"softmax", Format::f32, {2048}, 4, 0},
        {"argmax", Format::f32, {8192}, 2, 0},
    };
    return list;
}

void flush() {
    static std::vector<std::uint64_t> other(flush_bytes / sizeof(std::uint64_t), 1);
    volatile std::uint64_t sum = 0;
    for (std::size_t i = 0; i < other.size(); i += 8) sum = sum + other[i];
}

void run(Device& device, const Case& one) {
    const Graph graph = harness::kernel_graph(
        {&harness::kernel_kind(one.op), one.format, one.shape, one.tokens, one.depth});
    const Zeros weights;
    const auto memory = device.create_memory(weights);
    const auto executable = device.compile(graph, *memory);
    for (const TensorId input : graph.inputs) {
        const std::vector<std::byte> zeros(
            row_bytes(graph[input].format, graph[input].shape.row()) *
            static_cast<std::size_t>(graph[input].shape.rows()));
        executable->write(input, zeros);
    }
    // Token ids that differ, so that an embedding reads as many rows as it is counted for.
    if (one.op == std::string_view("embedding")) {
        std::vector<std::int32_t> ids;
        for (std::int32_t i = 0; i < one.tokens; ++i) ids.push_back(i * 3);
        executable->write(graph.inputs.front(), std::as_bytes(std::span(ids)));
    }
    const Step step = Step::at(one.depth, static_cast<std::int32_t>(one.tokens));
    executable->run(step);  // what is made at the first use is made
    flush();
    measured_step(*executable, step);
    const Work work = work_of(graph, one.depth);
    std::fputs(fmt::format("{}/{}/n{} {} {} {}\n", one.op, traits(one.format).name, one.tokens,
                           work.weight_bytes, work.state_bytes, work.activation_bytes)
                   .c_str(),
               stdout);
}

}  // namespace
}  // namespace edgeroof

int main(int argc, char** argv) {
    using namespace edgeroof;
    const auto isa = cpu::isa_from_name(argc > 1 ? argv[1] : "");
    if (!isa) return 2;
    const auto device = make_cpu_device({.threads = 1, .isa = isa});
    for (const Case& one : cases()) run(*device, one);
}
