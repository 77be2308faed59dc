// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "devices/device.hpp"

namespace edgeroof {

/// A compute device or a kind of sensor that this machine or this version has not.
struct Missing {
    std::string what;
    std::string why;
    std::string remedy;  ///< how to get it; empty: there is no way
};

struct Discovery {
    std::vector<DeviceInfo> found;  ///< what --device takes
    std::vector<Missing> missing;
};

Discovery list_devices();

/// Why a kind of sensor is not among those that find_sensors found under `root`.
std::vector<Missing> missing_sensors(const std::filesystem::path& root = "/");

}  // namespace edgeroof
