// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/commands/command.hpp"

namespace edgeroof::harness {

// The actions of `edgeroof model`, a file each.
Exit run_model_make(const Arguments& arguments);
Exit run_model_quantize(const Arguments& arguments);
Exit run_model_info(const Arguments& arguments);

}  // namespace edgeroof::harness
