// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace edgeroof::test {

/// A folder of files like /proc and /sys, removed with the object.
class Tree {
  public:
    Tree() {
        std::string name = (std::filesystem::temp_directory_path() / "edgeroof-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp " + name);
        root_ = name;
    }
    ~Tree() {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    const std::filesystem::path& root() const { return root_; }

    void write(const std::string& path, std::string_view text) const {
        const std::filesystem::path file = root_ / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }
    void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

  private:
    std::filesystem::path root_;
};

}  // namespace edgeroof::test
