// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/reference_device.hpp"

#include <cstring>
#include <stdexcept>

namespace edgeroof::test {
namespace {

class ReferenceMemory final : public edgeroof::Memory {
  public:
    explicit ReferenceMemory(const WeightSource& weights)
        : executor([&weights](const Tensor& tensor) {
              return reference::decode(tensor, weights.bytes(tensor));
          }) {}

    std::uint64_t weight_bytes() const override { return 0; }
    std::uint64_t state_bytes() const override { return 0; }
    void clear_states() override { executor.clear_states(); }

    reference::Executor executor;
    const Executable* active = nullptr;  ///< whose activations there are
};

class ReferenceExecutable final : public Executable {
  public:
    ReferenceExecutable(const Graph& graph, ReferenceMemory& memory, std::vector<Step>& steps)
        : graph_(graph), memory_(memory), steps_(steps), inputs_(graph.inputs.size()) {}

    void write(TensorId input, std::span<const std::byte> bytes) override {
        if (memory_.active != this) inputs_.assign(inputs_.size(), {});
        memory_.active = this;
        for (std::size_t i = 0; i < graph_.inputs.size(); ++i)
            if (graph_.inputs[i] == input) inputs_[i] = reference::decode(graph_[input], bytes);
    }
    StepTime run(const Step& step) override {
        for (const reference::Values& input : inputs_)
            if (memory_.active != this || input.empty())
                throw std::logic_error("run before its inputs were written");
        memory_.active = this;
        steps_.push_back(step);
        values_ = memory_.executor.run(graph_, step.position(), inputs_);
        return {};
    }
    void read(TensorId output, std::span<std::byte> bytes) override {
        if (memory_.active != this) throw std::logic_error("read after another was run");
        const std::vector<std::byte> all = reference::encode(graph_[output], values_[output]);
        if (all.size() != bytes.size()) throw std::logic_error("an output of another size");
        std::memcpy(bytes.data(), all.data(), all.size());
    }
    std::vector<GroupTime> profile(const Step&) override { return {}; }

  private:
    Graph graph_;
    ReferenceMemory& memory_;
    std::vector<Step>& steps_;
    std::vector<reference::Values> inputs_, values_;
};

}  // namespace

std::unique_ptr<edgeroof::Memory> ReferenceDevice::create_memory(const WeightSource& weights) {
    ++memories;
    return std::make_unique<ReferenceMemory>(weights);
}

std::unique_ptr<Executable> ReferenceDevice::compile(const Graph& graph, edgeroof::Memory& memory) {
    graphs.push_back(graph);
    return std::make_unique<ReferenceExecutable>(graph, dynamic_cast<ReferenceMemory&>(memory),
                                                 steps);
}

}  // namespace edgeroof::test
