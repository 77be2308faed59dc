// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

/// All tensors of one number format.
struct FormatShare {
    std::string name;    ///< "Q4_0"; "type 77" where nobody knows the number
    bool known = false;  ///< edgeroof computes with it
    std::uint64_t tensors = 0;
    std::uint64_t values = 0;
    std::uint64_t bytes = 0;
};

/// What a model file holds, by its tensors; and what it says of itself, which need not agree.
struct ModelAudit {
    std::string name;          ///< general.name; empty: none
    std::string architecture;  ///< general.architecture; empty: none
    std::string label;         ///< general.file_type, "Q4_K_M"; empty: none or unknown
    std::uint64_t parameters = 0;
    std::uint64_t tensors = 0;
    std::uint64_t tensor_bytes = 0;
    std::vector<FormatShare> formats;  ///< most bytes first

    std::optional<std::uint64_t> context, layers, width, heads, kv_heads, feed_forward;
    std::string tokenizer;      ///< tokenizer.ggml.model; empty: none
    std::string pre_tokenizer;  ///< tokenizer.ggml.pre
    std::uint64_t vocabulary = 0;
    std::uint64_t parts = 1;  ///< files that the model is split into

    double bits_per_weight() const;
    /// The share (0 to 1) of tensor bytes in formats that the label means ("Q4_K_M": Q4_K); none
    /// where there is no label.
    std::optional<double> label_share() const;
    std::string label_format() const;  ///< "Q4_K"
};

/// Works for files whose types or architecture edgeroof can't compute, too. Throws InputError for
/// keys of a wrong type.
ModelAudit audit(const GgufFile& file);

}  // namespace edgeroof::runtime
