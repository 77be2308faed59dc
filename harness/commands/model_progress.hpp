// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/tensor_encoder.hpp"

namespace edgeroof::harness {

/// How much of the file is written, as one line on a terminal that vanishes at the end; nothing
/// where stderr is no terminal.
class WriteProgress {
  public:
    explicit WriteProgress(std::string what);
    ~WriteProgress();
    WriteProgress(const WriteProgress&) = delete;
    WriteProgress& operator=(const WriteProgress&) = delete;

    runtime::Progress callback();

  private:
    void show(std::uint64_t done, std::uint64_t total);

    std::string what_;
    bool terminal_;
    int shown_percent_ = -1;
};

}  // namespace edgeroof::harness
