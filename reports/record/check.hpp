// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// What types alone don't say: ids unique, references to devices and models met, counts positive,
/// times in order. Throws RecordError with `origin` and the JSON pointer. Roofs and steps that are
/// referred to may be missing: a run may have been killed before they were measured.
void check(const Record& record, std::string_view origin);

}  // namespace edgeroof::reports
