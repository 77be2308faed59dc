// SPDX-License-Identifier: Apache-2.0
#include "harness/options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <iostream>
#include <sstream>

#include "harness/terminal.hpp"
#include "kernels/error.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

/// Where boost puts words that no positional argument takes; no option can be spelled so.
constexpr const char* stray = " stray";

void take_color(const std::string& mode) {
    if (mode == "auto")
        set_color_mode(ColorMode::automatic);
    else if (mode == "always")
        set_color_mode(ColorMode::always);
    else if (mode == "never")
        set_color_mode(ColorMode::never);
    else
        throw InputError(fmt::format("--color: '{}' is not auto, always or never", mode));
}

}  // namespace

OptionSet::OptionSet(std::string usage, std::string purpose, std::vector<std::string> examples)
    : usage_(std::move(usage)),
      purpose_(std::move(purpose)),
      examples_(std::move(examples)),
      visible_("Options", 100, 50) {
    visible_.add_options()("help,h", "show this help")(
        "color", po::value<std::string>()->value_name("WHEN"),
        "auto (default; also heeds NO_COLOR), always or never");
}

po::options_description_easy_init OptionSet::add() { return visible_.add_options(); }

void OptionSet::positional(const char* name, int count) {
    hidden_.add_options()(name, po::value<std::vector<std::string>>());
    positional_.add(name, count);
    any_number_ = count < 0;
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

std::string OptionSet::command() const {
    std::istringstream words(usage_);
    std::string text, word;
    while (words >> word && std::islower(static_cast<unsigned char>(word[0])) != 0)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

bool OptionSet::parse(const Arguments& arguments, po::variables_map& values) const {
    po::options_description all;
    all.add(visible_).add(hidden_);
    po::positional_options_description words = positional_;
    if (!any_number_) {
        all.add_options()(stray, po::value<Arguments>());
        words.add(stray, -1);
    }
    try {
        // Abbreviated options would turn a typing error into another option.
        const int style =
            po::command_line_style::unix_style ^ po::command_line_style::allow_guessing;
        po::store(
            po::command_line_parser(arguments).options(all).positional(words).style(style).run(),
            values);
        if (values.count("help") != 0) {
            std::cout << help();
            return false;
        }
        po::notify(values);
    } catch (const po::error& error) {
        throw InputError(fmt::format("{}; see '{} --help'", error.what(), command()));
    }
    if (values.count(stray) != 0)
        throw InputError(fmt::format("'{}' is one word too many; see '{} --help'",
                                     values[stray].as<Arguments>().front(), command()));
    if (values.count("color") != 0) take_color(values["color"].as<std::string>());
    return true;
}

std::int64_t checked(const char* option, std::int64_t value, std::int64_t least,
                     std::int64_t most) {
    if (value < least || value > most)
        throw InputError(
            fmt::format("--{}: {} is not within {} to {}", option, value, least, most));
    return value;
}

}  // namespace edgeroof::harness
