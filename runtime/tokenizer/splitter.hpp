// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/pre_splitters.hpp"

namespace edgeroof::runtime {

/// Cuts text into words, as a pre-splitter says. Immutable once made: any thread may use it.
class Splitter {
  public:
    explicit Splitter(const PreSplitter& rules);
    ~Splitter();
    Splitter(Splitter&&) noexcept;
    Splitter& operator=(Splitter&&) noexcept;

    /// Lengths in bytes of the words of `text`, which repair_utf8 has seen; they add up to its
    /// size. The time is linear in the text's length.
    std::vector<std::size_t> split(std::string_view text) const;

  private:
    struct Step;
    std::vector<Step> steps_;
};

}  // namespace edgeroof::runtime
