// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// What of a document `edgeroof.noise`, version 1 (docs/statistics.md), a record keeps. Throws
/// RecordError.
Noise read_noise(const std::filesystem::path& path);

}  // namespace edgeroof::reports
