// SPDX-License-Identifier: Apache-2.0
//
// A model on a device, for timing: no tokenizer, no sampling. Tokens are random: the speed of a
// step does not depend on what they say.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/work.hpp"
#include "runtime/session.hpp"

namespace edgeroof::harness {

class Engine {
  public:
    /// Throws InputError, for a context beyond the model's too, and Unsupported.
    Engine(Device& device, std::shared_ptr<const runtime::Model> model,
           const runtime::SessionOptions& options);

    /// Sees to it that `depth` tokens are cached.
    void fill(std::int64_t depth);
    /// Reads `tokens` tokens after `depth` cached ones, in batches, up to the last one's logits.
    void prefill(std::int64_t tokens, std::int64_t depth);
    /// Reads one token after `position` cached ones, up to its logits.
    void decode(std::int64_t position) { prefill(1, position); }
    /// The token with the greatest logit after the last read one.
    std::int32_t best_token() const;
    /// A profiled step; its groups are of step_graph(tokens).
    std::vector<GroupTime> profile(std::int64_t tokens, std::int64_t depth);

    Graph step_graph(std::int64_t tokens, runtime::Logits logits = runtime::Logits::last) const;
    edgeroof::Work prefill_work(std::int64_t tokens, std::int64_t depth) const;
    edgeroof::Work decode_work(std::int64_t tokens, std::int64_t depth) const;

    /// What most of a step of so many tokens is computed in: the matmuls whose weights are the
    /// most.
    Arithmetic arithmetic(std::int64_t tokens) const;
    const Device& device() const { return device_; }

    std::int64_t batch() const { return session_.options().batch; }
    const Memory& memory() const { return session_.memory(); }

  private:
    using Tokens = std::span<const runtime::Session::Token>;
    /// Moves to `depth` and gives as many tokens.
    Tokens prepare(std::int64_t tokens, std::int64_t depth);

    Device& device_;
    runtime::Session session_;
    std::vector<runtime::Session::Token> random_;  ///< as many as the context holds
    std::span<const float> logits_;
};

}  // namespace edgeroof::harness
