// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "runtime/gguf_writer.hpp"

namespace edgeroof::runtime {

/// Bytes written so far and in all; called by one thread.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Where the tensors' values come from. Called by several threads at once.
class TensorSource {
  public:
    virtual ~TensorSource() = default;
    /// Writes values [first, first + out.size()) of tensor `index`, counted through its rows.
    virtual void values(std::size_t index, std::uint64_t first, std::span<float> out) const = 0;
    /// Writes the tensor's bytes from `offset` on as they are to stand in the file, where the
    /// source has them so; returns false where they must be encoded from values.
    virtual bool encoded(std::size_t index, std::uint64_t offset, std::span<std::byte> out) const;
};

/// Encodes every tensor of `header` into `writer`, piece by piece on all cores; a few MiB of
/// memory per thread, whatever the tensors' sizes. What a thread throws is thrown here.
void encode_tensors(const GgufHeader& header, GgufWriter& writer, const TensorSource& source,
                    const Progress& progress);

}  // namespace edgeroof::runtime
