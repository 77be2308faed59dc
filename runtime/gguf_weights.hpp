// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "devices/device.hpp"
#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

/// The tensors of a model file as weights of graphs. A weight is found by Tensor::source (by its
/// name where that is empty) and is the rows from source_row on; format, row length and rows must
/// be the file's: InputError where they are not.
class GgufWeights final : public WeightSource {
  public:
    /// Throws InputError for one part of a model that is split into several files.
    explicit GgufWeights(std::shared_ptr<const GgufFile> file);

    std::span<const std::byte> bytes(const Tensor& weight) const override;
    /// Drops the mapped pages of the weight.
    void release(const Tensor& weight) const override;
    void release_part(std::span<const std::byte> part) const override { file_->drop_pages(part); }

    const GgufFile& file() const { return *file_; }

  private:
    std::shared_ptr<const GgufFile> file_;
};

}  // namespace edgeroof::runtime
