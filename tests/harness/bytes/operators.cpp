// SPDX-License-Identifier: Apache-2.0
//
// Runs operators on one thread for a tool that simulates a cache: before each, the cache is filled
// with something else, and the step runs within measured_step(). Prints a line per operator with
// the bytes of the work model:
//   KIND/FORMAT/nTOKENS WEIGHT_BYTES STATE_BYTES ACTIVATION_BYTES FLOPS
// (of a peak KIND/ARITHMETIC)
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <variant>
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

/// Blocks of zero bits are valid in every format. Of I32 there is the list of a pointer chase: from
/// each line to the next.
class Zeros final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        std::vector<std::byte>& bytes = made_[weight.name];
        bytes.resize(row_bytes(weight.format, weight.shape.row()) *
                     static_cast<std::size_t>(weight.shape.rows()));
        if (weight.format == Format::i32) {
            const auto lines = static_cast<std::int32_t>(weight.shape.rows());
            for (std::int32_t line = 0; line < lines; ++line) {
                const std::int32_t next = (line + 1) % lines;
                std::memcpy(bytes.data() + static_cast<std::size_t>(line) * line_bytes, &next,
                            sizeof next);
            }
        }
        return bytes;
    }

  private:
    static constexpr std::size_t line_bytes = 64;
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
        {"matmul", Format::q3_k, {512, 192}, 1, 0},
        {"matmul", Format::q5_k, {512, 192}, 1, 0},
        {"matmul", Format::q4_1, {512, 192}, 1, 0},
        {"matmul", Format::q5_1, {512, 96}, 1, 0},
        {"matmul", Format::iq4_nl, {512, 192}, 1, 0},
        {"matmul", Format::iq4_xs, {512, 192}, 1, 0},
        {"matmul", Format::mxfp4, {512, 192}, 1, 0},
        {"matmul", Format::q8_0, {512, 192}, 8, 0},
        {"matmul", Format::q4_k, {512, 192}, 8, 0},
        {"embedding", Format::q8_0, {1024, 64}, 16, 0},
        {"embedding", Format::q4_k, {1024, 64}, 16, 0},
        {"embedding", Format::f16, {1024, 64}, 16, 0},
        {"rms_norm", Format::f32, {1024}, 8, 0},
        {"layer_norm", Format::f32, {1024}, 8, 0},
        {"rope", Format::f32, {64, 16}, 8, 0},
        {"kv_store", Format::f16, {64, 16}, 8, 4},
        {"attention", Format::f16, {64, 4, 4}, 1, 127},
        {"attention", Format::f32, {64, 8, 4}, 4, 60},
        {"attention", Format::q8_0, {64, 4, 4}, 1, 255},
        {"kv_store", Format::f32, {64, 16}, 8, 4},
        {"kv_store", Format::q8_0, {64, 16}, 16, 4},
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

/// Operators that `edgeroof kernels` does not offer: of whole prefills, and roofs.
std::vector<Graph> other_graphs() {
    std::vector<Graph> graphs;
    const auto tensor = [&](const char* name, Role role, Format format, std::int64_t row,
                            std::int64_t rows) {
        return graphs.back().add({name, format, {{row, rows, 1, 1}}, role, {}, 0});
    };
    const auto state = [&](const char* name) {
        return tensor(name, Role::state, Format::f32, 1024, 32);
    };
    const auto result = [&](std::int64_t row, std::int64_t rows) {
        graphs.back().outputs.push_back(tensor("out", Role::activation, Format::f32, row, rows));
        return graphs.back().outputs.back();
    };
    const auto input = [&](std::int64_t row, std::int64_t rows) {
        graphs.back().inputs.push_back(tensor("x", Role::activation, Format::f32, row, rows));
        return graphs.back().inputs.back();
    };
    const auto begin = [&](std::int64_t tokens = 1) { graphs.emplace_back().tokens = tokens; };
    const auto end = [&](OpKind kind) {
        graphs.back().ops.push_back({"op", -1, std::move(kind)});
        validate(graphs.back());
    };
    begin(16);
    {
        const TensorId x = input(1024, 16);
        end(LastTokens{x, result(1024, 8)});
    }
    begin();
    {
        // Twice what the simulated cache holds: the second pass, which adds nothing up, has to read
        // it all again.
        const TensorId x = tensor("x", Role::weight, Format::f32, 1024, 1024);
        end(StreamRead{x, result(1, 1), {}, 2});
    }
    begin();
    end(StreamWrite{state("out")});
    begin();
    {
        const TensorId x = state("x");
        end(StreamCopy{x, state("out")});
    }
    begin();
    {
        const TensorId a = state("a"), b = state("b");
        end(StreamTriad{a, b, state("out")});
    }
    begin();
    {
        const TensorId lines = tensor("x", Role::weight, Format::i32, 16, 2048);
        end(PointerChase{lines, result(1, 1), 1024});
    }
    begin();
    {
        const TensorId weight = tensor("w", Role::weight, Format::q8_0, 512, 96);
        const TensorId x = input(512, 1);
        end(MatMulLoop{weight, x, result(96, 1)});
    }
    for (const Arithmetic arithmetic : {Arithmetic::fp64, Arithmetic::fp32, Arithmetic::int8}) {
        begin();
        end(PeakCompute{arithmetic, 10000, result(1, 1)});
    }
    return graphs;
}

std::string name_of(const Graph& graph, Format format) {
    const OpKind& kind = graph.ops.front().kind;
    const auto* peak = std::get_if<PeakCompute>(&kind);
    return peak != nullptr
               ? fmt::format("{}/{}", kind_name(kind), name(peak->arithmetic))
               : fmt::format("{}/{}/n{}", kind_name(kind), traits(format).name, graph.tokens);
}

void run(Device& device, const Graph& graph, Format format, std::int64_t depth) {
    const Zeros weights;
    const auto memory = device.create_memory(weights);
    const auto executable = device.compile(graph, *memory);
    for (const TensorId input : graph.inputs) {
        const Tensor& tensor = graph[input];
        if (tensor.format == Format::i32) {
            // Token ids that differ, so that an embedding reads as many rows as it is counted for.
            std::vector<std::int32_t> ids;
            for (std::int32_t i = 0; i < graph.tokens; ++i) ids.push_back(i * 3);
            executable->write(input, std::as_bytes(std::span(ids)));
            continue;
        }
        const std::vector<std::byte> zeros(row_bytes(tensor.format, tensor.shape.row()) *
                                           static_cast<std::size_t>(tensor.shape.rows()));
        executable->write(input, zeros);
    }
    const Step step = Step::at(depth, static_cast<std::int32_t>(graph.tokens));
    executable->run(step);  // what is made at the first use is made
    flush();
    measured_step(*executable, step);
    const Work work = work_of(graph, depth);
    std::fputs(fmt::format("{} {} {} {} {}\n", name_of(graph, format), work.weight_bytes,
                           work.state_bytes, work.activation_bytes, work.flops)
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
    for (const Case& one : cases())
        run(*device,
            harness::kernel_graph(
                {&harness::kernel_kind(one.op), one.format, one.shape, one.tokens, one.depth}),
            one.format, one.depth);
    for (const Graph& graph : other_graphs()) run(*device, graph, Format::f32, 0);
}
