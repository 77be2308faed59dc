// SPDX-License-Identifier: Apache-2.0
//
// What `edgeroof kernels` is asked for.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/kernels_graph.hpp"
#include "harness/open_device.hpp"
#include "harness/operator_workload.hpp"
#include "harness/options.hpp"

namespace edgeroof::harness {

enum class KernelsOutput : std::uint8_t { table, json, csv, gbench };

struct KernelsOptions {
    std::vector<KernelSpec> specs;     ///< without a model: every kind, format and shape asked for
    std::optional<std::string> model;  ///< FILE or SHAPE:FORMAT: all its operators ...
    std::set<std::string> ops;         ///< ... of these kinds (none: all)
    std::set<Format> formats;          ///< ... and formats (none: all)
    std::vector<std::int64_t> batches{1, 4, 32, 128};  ///< tokens of a step
    std::int64_t depth = 0;
    CacheState cache = CacheState::cold;
    DeviceChoice device;
    std::int64_t repetitions = 5;
    double min_seconds = 0.1;  ///< of each repetition
    std::uint32_t seed = 1;    ///< of the order
    KernelsOutput output = KernelsOutput::table;
    bool verbose = false, quiet = false;
};

OptionSet kernels_option_set();
/// Throws InputError.
KernelsOptions kernels_options(const boost::program_options::variables_map& values);

}  // namespace edgeroof::harness
