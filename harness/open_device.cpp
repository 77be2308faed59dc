// SPDX-License-Identifier: Apache-2.0
#include "harness/open_device.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "devices/cpu/cpu_device.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {

reports::Device OpenDevice::facts() const {
    const DeviceInfo& info = device->info();
    reports::Device facts;
    facts.id = info.id;
    facts.name = info.name;
    facts.driver = info.driver;
    facts.software = info.software;
    if (info.memory_bytes > 0) facts.memory_bytes = info.memory_bytes;
    if (info.last_level_cache_bytes > 0) facts.last_level_cache_bytes = info.last_level_cache_bytes;
    facts.threads = info.threads;
    return facts;
}

bool repack_from_text(const std::string& text) {
    if (text == "on" || text == "1") return true;
    if (text == "off" || text == "0") return false;
    throw InputError(fmt::format("--repack {}: it can be on or off", text));
}

OpenDevice open_device(const DeviceChoice& choice) {
    if (choice.id != "cpu")
        throw InputError(fmt::format(
            "no device '{}'; there is: cpu ('edgeroof devices' tells what is missing)", choice.id));
    CpuOptions options;
    options.threads = static_cast<int>(choice.threads);
    options.repack = choice.repack;
    if (choice.isa) {
        options.isa = cpu::isa_from_name(*choice.isa);
        if (!options.isa) {
            std::vector<std::string_view> names;
            for (const cpu::Isa isa : cpu::available_isas()) names.push_back(cpu::name(isa));
            throw InputError(fmt::format("no instruction set path '{}'; this CPU has: {}",
                                         *choice.isa, fmt::join(names, ", ")));
        }
    }
    OpenDevice open;
    open.device = make_cpu_device(options);
    open.isa = std::string(cpu::name(options.isa.value_or(cpu::best_isa())));
    return open;
}

}  // namespace edgeroof::harness
