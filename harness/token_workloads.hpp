// SPDX-License-Identifier: Apache-2.0
//
// The whole model at work: a prompt, generated tokens, the first token.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/engine.hpp"
#include "harness/measure.hpp"

namespace edgeroof::harness {

/// What every measurement of one model on one device says.
struct MeasuredOn {
    std::string model;  ///< reports::Model::id; empty: an operator of no model
    std::string device;
    std::int32_t threads = 1;
    std::string isa;
    std::string kv;  ///< "F16"; empty: there is no cache

    reports::Measurement measurement(reports::Kind kind, std::string id) const;
};

/// Tokens of a model, as a measurement of that id.
struct TokenTask {
    std::string id;
    TokenWork work;
};

reports::Work record_work(const edgeroof::Work& work);
/// Says what the operator is computed in (settings: arithmetic).
void note_arithmetic(reports::Measurement& m, const Device& device, const Graph& graph,
                     const Op& op);

/// What the workloads of one task share. Constructing one fills the cache up to the depth.
class TokenWorkload : public Workload {
  protected:
    TokenWorkload(Engine& engine, const MeasuredOn& on, TokenTask task);
    /// `at_once`: tokens of its steps.
    reports::Measurement describe_as(reports::Kind kind, const edgeroof::Work& work,
                                     std::int64_t at_once) const;
    std::int64_t tokens_at_once() const { return std::min(task_.work.tokens, engine_.batch()); }

    Engine& engine_;
    const MeasuredOn& on_;
    TokenTask task_;
};

/// `tokens` prompt tokens after `depth` cached ones.
class PrefillWorkload final : public TokenWorkload {
  public:
    PrefillWorkload(Engine& engine, const MeasuredOn& on, TokenTask task)
        : TokenWorkload(engine, on, std::move(task)) {}
    reports::Measurement describe() const override;
    reports::Sample sample() override;
};

/// `tokens` tokens, one after the other, after `depth` cached ones.
class DecodeWorkload final : public TokenWorkload {
  public:
    DecodeWorkload(Engine& engine, const MeasuredOn& on, TokenTask task)
        : TokenWorkload(engine, on, std::move(task)) {}
    reports::Measurement describe() const override;
    reports::Sample sample() override;

    /// The same tokens one by one, of the samples that `decode` kept: kind latency.
    reports::Measurement latency(const reports::Measurement& decode, std::string id) const;

  private:
    std::vector<reports::Sample> tokens_;  ///< of every sample, those of the warm-up too
};

/// From a prompt of `tokens` tokens to the first generated token, with an empty cache at depth 0.
class FirstTokenWorkload final : public TokenWorkload {
  public:
    FirstTokenWorkload(Engine& engine, const MeasuredOn& on, TokenTask task)
        : TokenWorkload(engine, on, std::move(task)) {}
    reports::Measurement describe() const override;
    reports::Sample sample() override;
};

}  // namespace edgeroof::harness
