// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace edgeroof::test {

/// Counts what this thread asks operator new for while it lives.
class Allocations {
  public:
    Allocations();
    std::size_t bytes() const;

  private:
    std::size_t before_;
};

}  // namespace edgeroof::test
