// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "devices/device.hpp"
#include "kernels/cpu/isa.hpp"

namespace edgeroof {

struct CpuOptions {
    int threads = 0;                             ///< 0: default_threads of the topology
    std::optional<cpu::Isa> isa = std::nullopt;  ///< empty: the best that the machine has
    bool repack = true;   ///< lay weights out for the ISA; else use them as the file has them
    bool pinning = true;  ///< a processor for each thread
    /// Of each thread's core, relative to each other; empty: measured where cores differ.
    std::vector<double> speeds = {};
};

/// Throws InputError for an ISA path that this machine lacks, a number of threads below 0 or above
/// 1024, and speeds that are not one above 0 for each thread. Executables of one device are for one
/// caller at a time.
std::unique_ptr<Device> make_cpu_device(const CpuOptions& options = {});

/// What make_cpu_device(options)->info() would say. Throws likewise.
DeviceInfo cpu_device_info(const CpuOptions& options);

}  // namespace edgeroof
