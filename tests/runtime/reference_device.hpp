// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "devices/device.hpp"
#include "kernels/reference/reference.hpp"

namespace edgeroof::test {

/// A device that runs graphs in double with the reference operators: slow, and right. It counts
/// what it is asked for, so that tests can see what a session shares and caches, and throws where
/// someone counts on activations that another executable of the memory has overwritten.
class ReferenceDevice final : public Device {
  public:
    const DeviceInfo& info() const override { return info_; }
    std::unique_ptr<edgeroof::Memory> create_memory(const WeightSource& weights) override;
    std::unique_ptr<Executable> compile(const Graph& graph, edgeroof::Memory& memory) override;

    int memories = 0;
    std::vector<Graph> graphs;  ///< as compiled, in order
    std::vector<Step> steps;    ///< as run, in order

  private:
    DeviceInfo info_{.id = "reference", .name = "reference operators", .driver = "double"};
};

}  // namespace edgeroof::test
