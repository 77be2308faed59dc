// SPDX-License-Identifier: Apache-2.0
#include "reports/record/record.hpp"

#include <algorithm>

#include "reports/record/names.hpp"

namespace edgeroof::reports {

const Measurement* Record::find(std::string_view id) const {
    const auto found = std::ranges::find(measurements, id, &Measurement::id);
    return found == measurements.end() ? nullptr : &*found;
}

std::string_view name(Kind kind) { return name_of(kind); }
std::string_view name(Resource resource) { return name_of(resource); }
std::string_view name(StopReason reason) { return name_of(reason); }
std::string_view name(State state) { return name_of(state); }

}  // namespace edgeroof::reports
