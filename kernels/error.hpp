// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace edgeroof {

/// Input that cannot be used: a file, a field, a flag. The message names what, where and the limit
/// it breaks, and the way out where there is one. The command line ends with exit code 2.
class InputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Something that cannot be measured on this machine, with the reason. Exit code 4.
class Unmeasurable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace edgeroof
