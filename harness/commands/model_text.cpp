// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/model_text.hpp"

#include <fmt/format.h>

namespace edgeroof::harness {

std::string quantity(double value, std::string_view unit) {
    std::string_view prefix;
    for (const std::string_view larger : {"k", "M", "G", "T"}) {
        if (value < 1000.0) break;
        value /= 1000.0;
        prefix = larger;
    }
    const int decimals = prefix.empty() || value >= 100.0 ? 0 : value < 10.0 ? 2 : 1;
    return fmt::format("{:.{}f}{}{}{}", value, decimals, prefix.empty() && unit.empty() ? "" : " ",
                       prefix, unit);
}

std::string summary_line(const std::string& path, const runtime::ModelAudit& audit) {
    std::string shares;
    for (const runtime::FormatShare& share : audit.formats)
        shares += fmt::format("{}{} {:.1f} %", shares.empty() ? "" : ", ", share.name,
                              100.0 * double(share.bytes) / double(audit.tensor_bytes));
    return fmt::format("{}: {} parameters in {}: {}\n", path, quantity(double(audit.parameters)),
                       quantity(double(audit.tensor_bytes), "B"), shares);
}

}  // namespace edgeroof::harness
