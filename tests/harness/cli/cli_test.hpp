// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/cli/process.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  ///< such builds reserve terabytes of addresses
#else
constexpr bool sanitized = false;
#endif

using Words = std::vector<std::string>;

inline Words operator+(Words all, const Words& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// A folder with a tiny model and a profile that measures it in a moment; the program runs there.
class CliTest : public testing::Test {
  protected:
    CliTest() {
        runtime::make_model(tiny_shape("llama"), Format::q4_0, 1, path("tiny.gguf"));
        write("tiny.yaml", tiny_profile());
        write("text.txt", std::string(400, 'x'));
    }

    /// Measures what it must, twice; of the machine itself only what takes a moment everywhere: the
    /// fastest way through DRAM is searched for half a minute. `last`: the stop of its last
    /// measurement.
    static std::string tiny_profile(
        const std::string& last = "{ rule: fixed-count, min_samples: 2 }") {
        return "name: tiny\nmodels: [tiny.gguf]\nwarm_up_seconds: 0\nstep_profile: false\n"
               "stop: { rule: fixed-count, min_samples: 2, max_seconds: 0.01 }\n"
               "roofs: { turns: 1, slice_seconds: 0.001, kinds: [read, compute], levels: [L1] }\n"
               "prefill: { work: [{ tokens: 16 }] }\n"
               "decode:\n  work: [{ tokens: 2, depth: 8 }]\n  stop: " +
               last + "\n";
    }

    std::filesystem::path path(const std::string& name) const { return folder_ / name; }
    std::string text_of(const std::string& name) const {
        return reports::testing::slurp(path(name));
    }
    void write(const std::string& name, const std::string& text) const {
        reports::testing::spill(path(name), text);
    }
    bool exists(const std::string& name) const {
        return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
    }

    Process::Options options(const Words& arguments) const {
        Process::Options options;
        options.arguments = arguments;
        options.folder = folder_.path();
        options.environment = {{"EDGEROOF_CACHE", path("cache").string()}, {"NO_COLOR", "1"}};
        return options;
    }
    Ended run(const Words& arguments) const { return run_process(options(arguments)); }

    /// One line on stderr that says `hint`, nothing on stdout, and the exit code of bad input.
    static void expect_refused(const Ended& ended, const std::string& hint, int code = 2) {
        EXPECT_EQ(ended.code, code) << "signal " << ended.signal << '\n' << ended.err;
        EXPECT_EQ(ended.out, "");
        EXPECT_THAT(ended.err, testing::StartsWith("edgeroof: "));
        EXPECT_THAT(ended.err, testing::HasSubstr(hint));
        EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
        EXPECT_LT(ended.err.size(), 2000U) << "no line that anybody reads";
    }

    reports::testing::TemporaryFolder folder_;
};

}  // namespace edgeroof::test
