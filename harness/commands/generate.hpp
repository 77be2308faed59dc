// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/commands/command.hpp"

namespace edgeroof::harness {

/// edgeroof generate: the continuation of a prompt on stdout.
Exit run_generate(const Arguments& arguments);

}  // namespace edgeroof::harness
