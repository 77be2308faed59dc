// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/commands/command.hpp"

namespace edgeroof::harness {

/// edgeroof perplexity: how well a model foresees a text.
Exit run_perplexity(const Arguments& arguments);

}  // namespace edgeroof::harness
