// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "devices/device.hpp"
#include "kernels/cpu/isa.hpp"

namespace edgeroof {

struct CpuOptions {
    int threads = 0;  ///< 0: one for each fast physical core that may be used
    std::optional<cpu::Isa> isa = std::nullopt;  ///< empty: the best that the machine has
    bool repack = true;   ///< lay weights out for the ISA; else use them as the file has them
    bool pinning = true;  ///< a processor for each thread
};

/// Throws InputError for an ISA path that this machine lacks or a number of threads below 0 or
/// above 1024. Executables of one device are for one caller at a time.
std::unique_ptr<Device> make_cpu_device(const CpuOptions& options = {});

/// What make_cpu_device(options)->info() would say. Throws likewise.
DeviceInfo cpu_device_info(const CpuOptions& options);

}  // namespace edgeroof
