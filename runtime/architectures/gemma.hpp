// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {

/// What Gemma 2 and 3 have in common: sqrt(width) on the embedding, norms around attention and
/// feed-forward, GeGLU. `large_layers`: the layers of the 27B model, which scales its queries by
/// the width per head rather than by the head.
DecoderDesign gemma_design(const Hyperparameters& parameters, std::int64_t large_layers);

/// Gives every layer but each `period`-th a sliding window and its own rope. The period is the
/// file's attention.sliding_window_pattern where it has one.
void add_sliding_windows(const GgufFile& file, const Hyperparameters& parameters,
                         DecoderDesign& design, std::int64_t window, std::int64_t period,
                         const RopeParameters& rope);

}  // namespace edgeroof::runtime
