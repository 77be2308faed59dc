// SPDX-License-Identifier: Apache-2.0
//
// YAML from people, read strictly: every key is known, every value has the asked type and lies
// within its limits. Every error is an InputError "FILE:LINE:COLUMN: KEY: WHAT".
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof::harness {

class YamlMap;

/// A value, with the file and the key path it stands at.
class YamlValue {
  public:
    /// One document. Limits: 64 KiB, 16 levels, 4096 nodes counting what aliases stand for, no
    /// recursive alias, no key twice.
    static YamlValue parse(const std::string& text, const std::string& file);

    std::string text(std::size_t longest = 4096) const;
    std::int64_t integer(std::int64_t least, std::int64_t most) const;
    double number(double least, double most) const;
    bool boolean() const;
    /// One of `choices`.
    std::string choice(const std::vector<std::string_view>& choices) const;
    std::vector<YamlValue> list(std::size_t least, std::size_t most) const;
    YamlMap map() const;

    /// "FILE:LINE:COLUMN: KEY: " and `what`.
    [[noreturn]] void fail(std::string_view what) const;

  private:
    friend class YamlMap;
    YamlValue(YAML::Node node, std::shared_ptr<const std::string> file, std::string path);
    std::string scalar(std::string_view wanted) const;

    YAML::Node node_;
    std::shared_ptr<const std::string> file_;
    std::string path_;  ///< "decode[2].stop"
};

/// Ask for every key that may be there, then call finish().
class YamlMap {
  public:
    YamlValue need(const char* key);
    std::optional<YamlValue> find(const char* key);
    /// Fails on a key that was never asked for, and lists those that were.
    void finish() const;

  private:
    friend class YamlValue;
    explicit YamlMap(YamlValue map);

    YamlValue map_;
    std::set<std::string> known_;
};

/// The whole text of a regular file of at most `limit` bytes. Throws InputError.
std::string read_text_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace edgeroof::harness
