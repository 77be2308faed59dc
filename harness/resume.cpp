// SPDX-License-Identifier: Apache-2.0
#include "harness/resume.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/clock.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

class Comparison {
  public:
    explicit Comparison(const std::filesystem::path& folder) : folder_(folder.string()) {}

    void same(std::string_view what, const std::string& before, const std::string& now) const {
        if (before == now) return;
        throw InputError(fmt::format("{}: can't go on: {} was '{}' and is now '{}'", folder_, what,
                                     before, now));
    }
    void same(std::string_view what, std::uint64_t before, std::uint64_t now) const {
        same(what, std::to_string(before), std::to_string(now));
    }

  private:
    std::string folder_;
};

}  // namespace

void check_same_run(const std::filesystem::path& folder, const reports::Record& earlier,
                    const reports::Record& now) {
    const Comparison compare(folder);
    compare.same("the version of edgeroof", earlier.tool.version, now.tool.version);
    compare.same("the commit of edgeroof", earlier.tool.git_hash.value_or("unknown"),
                 now.tool.git_hash.value_or("unknown"));
    compare.same("the build", earlier.tool.build_type + ' ' + earlier.tool.build_flags,
                 now.tool.build_type + ' ' + now.tool.build_flags);
    compare.same("the CPU", earlier.board.cpu, now.board.cpu);
    compare.same("the architecture", earlier.board.architecture, now.board.architecture);
    compare.same("the board", earlier.board.matched.value_or("none known"),
                 now.board.matched.value_or("none known"));
    compare.same("the number of cores", static_cast<std::uint64_t>(earlier.board.cores),
                 static_cast<std::uint64_t>(now.board.cores));
    compare.same("the profile", earlier.profile.text, now.profile.text);
    compare.same("the number of devices", earlier.devices.size(), now.devices.size());
    for (std::size_t i = 0; i < now.devices.size(); ++i) {
        const reports::Device &before = earlier.devices[i], &found = now.devices[i];
        compare.same("the device", before.id + ' ' + before.name, found.id + ' ' + found.name);
        compare.same("the driver of " + found.id, before.driver, found.driver);
        compare.same("the number of threads",
                     static_cast<std::uint64_t>(before.threads.value_or(0)),
                     static_cast<std::uint64_t>(found.threads.value_or(0)));
    }
    compare.same("the number of models", earlier.models.size(), now.models.size());
    for (std::size_t i = 0; i < now.models.size(); ++i)
        compare.same("the content of " + now.models[i].label,
                     earlier.models[i].hash.value_or("not hashed"),
                     now.models[i].hash.value_or("not hashed"));
}

void continue_clock(const reports::Record& earlier) {
    std::int64_t last = earlier.run.started_ns;
    for (const reports::Measurement& m : earlier.measurements)
        for (const reports::Sample& sample : m.samples)
            last = std::max(last, sample.start_ns + sample.ns);
    for (const reports::Sensor& sensor : earlier.sensors)
        for (const reports::Reading& reading : sensor.readings) last = std::max(last, reading.t_ns);
    const std::int64_t now = monotonic_ns();
    if (now <= last) clock_offset_ns += last - now + 1'000'000'000;
}

}  // namespace edgeroof::harness
