// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "devices/discovery.hpp"
#include "devices/sensors/counters.hpp"
#include "devices/sensors/sensor.hpp"
#include "harness/board_facts.hpp"
#include "harness/commands/command.hpp"
#include "harness/options.hpp"
#include "harness/terminal.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;

/// All that is listed, in either form.
struct Listing {
    reports::Board board;
    Discovery devices;
    Sensors sensors;
    std::vector<Missing> missing_sensors;
    std::vector<Count> counters;  ///< their values mean nothing here
    std::vector<Missing> missing_counters;
};

Listing look() {
    Listing list{find_board().board, list_devices(), find_sensors(), missing_sensors(), {}, {}};
    OpenCounters counters = open_counters(threads_to_count({}));
    if (counters.counters) {
        counters.counters->start();
        list.counters = counters.counters->stop();
    }
    list.missing_counters = std::move(counters.missing);
    return list;
}

std::string bytes_text(std::uint64_t bytes) {
    return bytes >= std::uint64_t{1} << 30
               ? fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1U << 30))
               : fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1U << 20));
}

std::string reading_text(Sensor& sensor) {
    const std::optional<double> value = sensor.read();
    if (!value) return "no value";
    if (sensor.unit == "Hz") return fmt::format("{:.0f} MHz", *value * 1e-6);
    return fmt::format("{:.4g} {}", *value, sensor.unit);
}

/// What is missing for the same reason is told together.
void print_missing(std::span<const Missing> missing) {
    while (!missing.empty()) {
        const Missing& first = missing.front();
        std::string what;
        std::size_t alike = 0;
        for (; alike < missing.size() && missing[alike].why == first.why &&
               missing[alike].remedy == first.remedy;
             ++alike)
            what += (what.empty() ? "" : ", ") + missing[alike].what;
        std::cout << fmt::format("  {} {}: {}\n", paint("-", Ink::yellow, STDOUT_FILENO), what,
                                 first.why);
        if (!first.remedy.empty()) std::cout << fmt::format("    to get it: {}\n", first.remedy);
        missing = missing.subspan(alike);
    }
}

void heading(std::string_view text) { std::cout << paint(text, Ink::bold, STDOUT_FILENO) << '\n'; }

void print(const Listing& list) {
    heading("Board");
    const reports::Board& board = list.board;
    std::cout << fmt::format(
        "  {}{} ({}), {} cores, {}\n", board.name ? *board.name + ": " : std::string(), board.cpu,
        board.architecture, board.cores,
        board.memory_bytes ? bytes_text(*board.memory_bytes) + " of memory" : "memory unknown");
    if (board.matched)
        std::cout << fmt::format("  matches {} (by {})\n", *board.matched,
                                 fmt::join(board.matched_by, ", "));
    if (board.virtual_machine)
        std::cout << fmt::format("  a virtual machine (hypervisor: {})\n", *board.virtual_machine);
    heading("\nCompute devices");
    for (const DeviceInfo& device : list.devices.found) {
        std::cout << fmt::format("  {} {:<10} {} ({}), {} threads",
                                 paint("+", Ink::green, STDOUT_FILENO), device.id, device.name,
                                 device.driver, device.threads);
        if (device.last_level_cache_bytes > 0)
            std::cout << fmt::format(", last-level cache {}",
                                     bytes_text(device.last_level_cache_bytes));
        std::cout << '\n';
    }
    print_missing(list.devices.missing);
    heading("\nSensors");
    for (const std::unique_ptr<Sensor>& sensor : list.sensors)
        std::cout << fmt::format("  {} {:<28} {:<12} {} ({})\n",
                                 paint("+", Ink::green, STDOUT_FILENO), sensor->id,
                                 reading_text(*sensor), sensor->name, sensor->source);
    print_missing(list.missing_sensors);
    heading("\nCounters");
    for (const Count& counter : list.counters)
        std::cout << fmt::format("  {} {:<28} ({})\n", paint("+", Ink::green, STDOUT_FILENO),
                                 counter.name, counter.source);
    print_missing(list.missing_counters);
}

ordered_json missing_json(const std::vector<Missing>& missing) {
    ordered_json list = ordered_json::array();
    for (const Missing& one : missing) {
        ordered_json& entry = list.emplace_back(ordered_json{{"what", one.what}, {"why", one.why}});
        if (!one.remedy.empty()) entry["remedy"] = one.remedy;
    }
    return list;
}

void print_json(const Listing& list) {
    ordered_json devices = ordered_json::array(), sensors = ordered_json::array();
    for (const DeviceInfo& device : list.devices.found) {
        ordered_json& entry = devices.emplace_back(ordered_json{{"id", device.id},
                                                                {"name", device.name},
                                                                {"driver", device.driver},
                                                                {"software", device.software},
                                                                {"threads", device.threads}});
        if (device.memory_bytes > 0) entry["memory_bytes"] = device.memory_bytes;
        if (device.last_level_cache_bytes > 0)
            entry["last_level_cache_bytes"] = device.last_level_cache_bytes;
    }
    for (const std::unique_ptr<Sensor>& sensor : list.sensors) {
        ordered_json& entry = sensors.emplace_back(ordered_json{{"id", sensor->id},
                                                                {"name", sensor->name},
                                                                {"unit", sensor->unit},
                                                                {"source", sensor->source}});
        if (const auto value = sensor->read()) entry["value"] = *value;
    }
    ordered_json counters = ordered_json::array();
    for (const Count& counter : list.counters)
        counters.push_back(
            {{"name", counter.name}, {"unit", counter.unit}, {"source", counter.source}});
    const reports::Board& found = list.board;
    ordered_json board = {{"cpu", found.cpu},
                          {"architecture", found.architecture},
                          {"cores", found.cores},
                          {"threads", found.threads}};
    if (found.name) board["name"] = *found.name;
    if (found.matched) board["matched"] = *found.matched;
    if (found.soc) board["soc"] = *found.soc;
    if (found.memory_bytes) board["memory_bytes"] = *found.memory_bytes;
    if (found.virtual_machine) board["virtual_machine"] = *found.virtual_machine;
    const ordered_json all = {{"board", board},
                              {"devices", devices},
                              {"missing_devices", missing_json(list.devices.missing)},
                              {"sensors", sensors},
                              {"missing_sensors", missing_json(list.missing_sensors)},
                              {"counters", counters},
                              {"missing_counters", missing_json(list.missing_counters)}};
    std::cout << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace

Exit run_devices(const Arguments& arguments) {
    OptionSet set(
        "edgeroof devices [OPTIONS]",
        "Lists the compute devices, sensors and counters of this machine, and for what is "
        "missing why it\nis, and how to get it.",
        {"edgeroof devices", "edgeroof devices --json"});
    set.add()("json", "as JSON");
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const Listing list = look();
    if (values.count("json") != 0)
        print_json(list);
    else
        print(list);
    return Exit::ok;
}

}  // namespace edgeroof::harness
