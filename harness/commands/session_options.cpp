// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/session_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <string>
#include <vector>

#include "devices/cpu/cpu_device.hpp"
#include "harness/open_device.hpp"
#include "kernels/error.hpp"
#include "runtime/kv_cache.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

constexpr std::int64_t most_threads = 1024;

cpu::Isa parse_isa(const std::string& text) {
    if (const auto isa = cpu::isa_from_name(text)) return *isa;
    std::vector<std::string_view> names;
    for (const cpu::Isa isa : cpu::available_isas()) names.push_back(cpu::name(isa));
    throw InputError(
        fmt::format("--isa {}: no such path; this machine has {}", text, fmt::join(names, ", ")));
}

Format parse_cache_format(const std::string& text) {
    const auto format = format_from_name(text);
    std::vector<std::string_view> names;
    for (const Format known : runtime::kv_formats()) {
        if (format == known) return known;
        names.push_back(traits(known).name);
    }
    throw InputError(fmt::format("--cache-type {}: it can be {}", text, fmt::join(names, ", ")));
}

}  // namespace

void add_session_options(OptionSet& options, const char* context) {
    options.add()("model,m", po::value<std::string>()->value_name("FILE"), "a GGUF model");
    options.add()("threads,t", po::value<std::int64_t>()->default_value(0)->value_name("N"),
                  "CPU threads; 0: as many as there are fast cores");
    options.add()("isa", po::value<std::string>()->value_name("PATH"),
                  "instruction set to compute with instead of the best there is");
    options.add()("repack", po::value<std::string>()->default_value("on")->value_name("on|off"),
                  "lay weights out for the instruction set at load, or use them as the file has "
                  "them");
    options.add()("ctx-size,c", po::value<std::int64_t>()->value_name("N"), context);
    options.add()("cache-type",
                  po::value<std::string>()->default_value("f16")->value_name("FORMAT"),
                  "number format of the KV cache: f16, f32 or q8_0");
}

SessionArguments session_arguments(const po::variables_map& values) {
    SessionArguments arguments;
    if (values.count("model") == 0) throw InputError("--model FILE is missing");
    arguments.model = values["model"].as<std::string>();
    arguments.threads = checked("threads", values["threads"].as<std::int64_t>(), 0, most_threads);
    if (values.count("isa") != 0) arguments.isa = parse_isa(values["isa"].as<std::string>());
    arguments.repack = repack_from_text(values["repack"].as<std::string>());
    if (values.count("ctx-size") != 0)
        arguments.context = checked("ctx-size", values["ctx-size"].as<std::int64_t>(), 1,
                                    std::numeric_limits<std::int32_t>::max());
    arguments.cache = parse_cache_format(values["cache-type"].as<std::string>());
    return arguments;
}

std::unique_ptr<Device> SessionArguments::make_device() const {
    CpuOptions options;
    options.threads = static_cast<int>(threads);
    options.isa = isa;
    options.repack = repack;
    return make_cpu_device(options);
}

}  // namespace edgeroof::harness
