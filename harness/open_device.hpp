// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "devices/device.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

struct DeviceChoice {
    std::string id = "cpu";
    std::int64_t threads = 0;        ///< 0: as many as the device finds best
    std::optional<std::string> isa;  ///< a CPU's path; none: the best
    bool repack = true;              ///< CPU: lay weights out for the path at load
};

struct OpenDevice {
    std::unique_ptr<Device> device;
    std::string isa;  ///< of a CPU, the path in use

    reports::Device facts() const;
};

/// What --repack says: on or 1, off or 0; else InputError.
bool repack_from_text(const std::string& text);

/// Throws InputError for a device or path that is unknown or absent; it lists those there are.
OpenDevice open_device(const DeviceChoice& choice);

}  // namespace edgeroof::harness
