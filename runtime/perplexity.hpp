// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "runtime/session.hpp"

namespace edgeroof::runtime {

struct Perplexity {
    double value = 0.0;
    double error = 0.0;       ///< standard error of `value`
    std::int64_t tokens = 0;  ///< that were scored
    std::int64_t chunks = 0;
};

/// How well a model foresees `tokens`, as llama.cpp's llama-perplexity measures it, so that figures
/// compare: the text is cut into chunks of session.context() tokens, at most `chunks` of them
/// (below 0: all there are); each is read on its own, with `bos`, where there is one, in place of
/// its first token; the tokens of its second half are scored, exp(mean(-ln p)). `progress` is told
/// after each chunk. Throws InputError where there are fewer tokens than two chunks hold, and
/// Unmeasurable where a probability is not a number.
Perplexity measure_perplexity(Session& session, std::span<const std::int32_t> tokens,
                              std::optional<std::int32_t> bos, std::int64_t chunks,
                              const std::function<void(const Perplexity&)>& progress);

}  // namespace edgeroof::runtime
