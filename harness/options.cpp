// SPDX-License-Identifier: Apache-2.0
#include "harness/options.hpp"

#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "kernels/error.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {

OptionSet::OptionSet(std::string usage, std::string purpose, std::vector<std::string> examples)
    : usage_(std::move(usage)),
      purpose_(std::move(purpose)),
      examples_(std::move(examples)),
      visible_("Options", 100, 50) {
    visible_.add_options()("help,h", "show this help");
}

po::options_description_easy_init OptionSet::add() { return visible_.add_options(); }

void OptionSet::positional(const char* name, int count) {
    hidden_.add_options()(name, po::value<std::vector<std::string>>());
    positional_.add(name, count);
}

std::string OptionSet::help() const {
    std::ostringstream text;
    text << "Usage: " << usage_ << "\n\n" << purpose_ << "\n\n" << visible_;
    if (!examples_.empty()) {
        text << "\nExamples:\n";
        for (const auto& example : examples_) text << "  " << example << '\n';
    }
    return text.str();
}

bool OptionSet::parse(const Arguments& arguments, po::variables_map& values) const {
    po::options_description all;
    all.add(visible_).add(hidden_);
    try {
        // Abbreviated options would turn a typing error into another option.
        const int style =
            po::command_line_style::unix_style ^ po::command_line_style::allow_guessing;
        po::store(po::command_line_parser(arguments)
                      .options(all)
                      .positional(positional_)
                      .style(style)
                      .run(),
                  values);
        if (values.count("help") != 0) {
            std::cout << help();
            return false;
        }
        po::notify(values);
    } catch (const po::error& error) {
        throw InputError(fmt::format("{}; see '{} --help'", error.what(),
                                     usage_.substr(0, usage_.find_first_of("[<-"))
                                         .substr(0, usage_.find(' ', usage_.find(' ') + 1))));
    }
    return true;
}

}  // namespace edgeroof::harness
