// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf_weights.hpp"

#include <fmt/format.h>

#include "runtime/ggml_types.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {

GgufWeights::GgufWeights(std::shared_ptr<const GgufFile> file) : file_(std::move(file)) {
    require_whole(*file_);
}

std::span<const std::byte> GgufWeights::bytes(const Tensor& weight) const {
    const GgufTensor& tensor = file_->tensor(weight.source.empty() ? weight.name : weight.source);
    const auto fail = [&](std::string_view what) {
        throw InputError(fmt::format("{}: byte {}, tensor {}: {}", file_->path().string(),
                                     tensor.offset, quoted(tensor.name), what));
    };
    if (!tensor.format) {
        const GgmlType type = ggml_type(tensor.gguf_type);
        fail(fmt::format("its type {} ({}) is none that edgeroof computes with", tensor.gguf_type,
                         type.name.empty() ? "unknown" : type.name));
    }
    if (*tensor.format != weight.format)
        fail(fmt::format("is {}, but {} is wanted", traits(*tensor.format).name,
                         traits(weight.format).name));
    if (tensor.shape.row() != weight.shape.row())
        fail(fmt::format("rows of {} values, but {} are wanted", tensor.shape.row(),
                         weight.shape.row()));
    if (weight.source_row < 0 || weight.source_row > tensor.shape.rows() ||
        weight.shape.rows() > tensor.shape.rows() - weight.source_row)
        fail(fmt::format("{} rows, but {} from row {} on are wanted", tensor.shape.rows(),
                         weight.shape.rows(), weight.source_row));
    const std::size_t row = tensor.bytes / static_cast<std::uint64_t>(tensor.shape.rows());
    return file_->bytes(tensor).subspan(static_cast<std::size_t>(weight.source_row) * row,
                                        static_cast<std::size_t>(weight.shape.rows()) * row);
}

void GgufWeights::release(const Tensor& weight) const { file_->drop_pages(bytes(weight)); }

}  // namespace edgeroof::runtime
