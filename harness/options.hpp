// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/commands/command.hpp"

namespace edgeroof::harness {

/// The options of one subcommand: what they are, how --help shows them, how they are parsed.
class OptionSet {
  public:
    /// `usage`: "edgeroof model info FILE"; `purpose`: a paragraph; `examples`: one command a line.
    /// Adds --help and --color.
    OptionSet(std::string usage, std::string purpose, std::vector<std::string> examples);

    /// boost's own way to add: options.add()("threads,t", po::value<int>(), "text").
    boost::program_options::options_description_easy_init add();
    /// Positional arguments, at most so many (-1: any number), as a list of that name.
    void positional(const char* name, int count = 1);

    /// Parses; prints help and returns false for --help. Throws InputError on unknown, repeated or
    /// malformed options, naming the option and pointing at --help.
    bool parse(const Arguments& arguments, boost::program_options::variables_map& values) const;
    std::string help() const;

  private:
    std::string command() const;  ///< "edgeroof model info"

    std::string usage_, purpose_;
    std::vector<std::string> examples_;
    boost::program_options::options_description visible_, hidden_;
    boost::program_options::positional_options_description positional_;
    bool any_number_ = false;  ///< of positional arguments
};

/// `value` where it lies within the limits; else an InputError that names `option` and them.
/// Options that hold counts are parsed as std::int64_t, for boost takes "-1" as unsigned.
std::int64_t checked(const char* option, std::int64_t value, std::int64_t least, std::int64_t most);

}  // namespace edgeroof::harness
