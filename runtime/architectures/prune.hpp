// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/graph.hpp"

namespace edgeroof::runtime {

/// The graph without operators whose results nothing needs (outputs and states are needed), and
/// without tensors that no operator names.
Graph pruned(const Graph& graph);

}  // namespace edgeroof::runtime
