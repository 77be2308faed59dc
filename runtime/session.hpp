// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "devices/device.hpp"
#include "runtime/model.hpp"

namespace edgeroof::runtime {

struct SessionOptions {
    std::int64_t context = 0;  ///< tokens that the KV cache holds; 0: the model's own context
    Format kv = Format::f16;
    std::int64_t batch = 512;  ///< most tokens of one step
};

/// One sequence of tokens on a device: what was read so far lies in a KV cache.
class Session {
  public:
    using Token = std::int32_t;

    /// Throws InputError where context, batch or format can't be had. The device must outlive it.
    Session(Device& device, std::shared_ptr<const Model> model, const SessionOptions& options);

    /// Reads tokens in batches. Returns the logits after the last one, valid until the next call.
    /// Throws InputError where the context is full or a token is none of the vocabulary; nothing
    /// has been read then.
    std::span<const float> prefill(std::span<const Token> tokens);
    std::span<const float> decode(Token token) { return prefill({&token, 1}); }

    /// Reads tokens, and hands over the logits after each one from the `first`-th on, in order.
    using Visit = std::function<void(std::int64_t token, std::span<const float> logits)>;
    void evaluate(std::span<const Token> tokens, std::int64_t first, const Visit& visit);

    /// Reads tokens as one step, with a clock around every group of operators of
    /// model().graph({tokens, Logits::last, context, kv}). Slower than prefill.
    std::vector<GroupTime> profile(std::span<const Token> tokens);

    /// Forgets all tokens.
    void clear() { position_ = 0; }
    /// Forgets the tokens from `position` on.
    void rewind(std::int64_t position);

    std::int64_t position() const { return position_; }  ///< tokens in the cache
    std::int64_t context() const { return options_.context; }
    const SessionOptions& options() const { return options_; }
    const Model& model() const { return *model_; }
    const Memory& memory() const { return *memory_; }
    StepTime last_step() const { return last_step_; }

  private:
    struct Compiled {
        std::int64_t tokens;
        Logits logits;
        Graph graph;
        std::unique_ptr<Executable> executable;
    };

    void check(std::span<const Token> tokens) const;
    Compiled& compiled(std::int64_t tokens, Logits logits);
    /// Runs one step; its logits are then in logits_.
    void step(std::span<const Token> tokens, Logits logits);

    std::shared_ptr<const Model> model_;
    SessionOptions options_;
    Device& device_;
    std::unique_ptr<Memory> memory_;
    std::list<Compiled> compiled_;  ///< most recently used first
    std::vector<float> logits_;
    std::int64_t position_ = 0;
    StepTime last_step_;
};

}  // namespace edgeroof::runtime
