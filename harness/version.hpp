// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// What this program was built from, and how.
reports::Tool build_facts();

/// What --version prints: version, commit, build, devices compiled in.
std::string version_text();

}  // namespace edgeroof::harness
