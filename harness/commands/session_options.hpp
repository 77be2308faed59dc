// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "devices/device.hpp"
#include "harness/options.hpp"
#include "kernels/cpu/isa.hpp"
#include "runtime/session.hpp"

namespace edgeroof::harness {

/// What every command that runs a model on text is told.
struct SessionArguments {
    std::filesystem::path model;
    std::int64_t threads = 0;  ///< 0: the device's own choice
    std::optional<cpu::Isa> isa;
    bool repack = true;
    std::optional<std::int64_t> context;
    Format cache = Format::f16;

    std::unique_ptr<Device> make_device() const;
};

/// Adds --model, --threads, --isa, --repack, --ctx-size and --cache-type. `context`: what --help
/// says of the context that is taken where none is given.
void add_session_options(OptionSet& options, const char* context);
/// Throws InputError where --model is missing or a value can't be had.
SessionArguments session_arguments(const boost::program_options::variables_map& values);

}  // namespace edgeroof::harness
