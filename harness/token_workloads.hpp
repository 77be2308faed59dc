// SPDX-License-Identifier: Apache-2.0
//
// The whole model at work: a prompt, generated tokens, the first token.
#pragma once

#include <string>
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

/// `tokens` prompt tokens after `depth` cached ones.
class PrefillWorkload final : public Workload {
  public:
    PrefillWorkload(Engine& engine, const MeasuredOn& on, TokenTask task);
    reports::Measurement describe() const override;
    reports::Sample sample() override;

  private:
    Engine& engine_;
    const MeasuredOn& on_;
    TokenTask task_;
};

/// `tokens` tokens, one after the other, after `depth` cached ones.
class DecodeWorkload final : public Workload {
  public:
    DecodeWorkload(Engine& engine, const MeasuredOn& on, TokenTask task);
    reports::Measurement describe() const override;
    reports::Sample sample() override;

    /// The same tokens one by one, of the samples that `decode` kept: kind latency.
    reports::Measurement latency(const reports::Measurement& decode, std::string id) const;

  private:
    Engine& engine_;
    const MeasuredOn& on_;
    TokenTask task_;
    std::vector<reports::Sample> tokens_;  ///< of every sample, those of the warm-up too
};

/// From a prompt of `tokens` tokens to the first generated token, with an empty cache at depth 0.
class FirstTokenWorkload final : public Workload {
  public:
    FirstTokenWorkload(Engine& engine, const MeasuredOn& on, TokenTask task);
    reports::Measurement describe() const override;
    reports::Sample sample() override;

  private:
    Engine& engine_;
    const MeasuredOn& on_;
    TokenTask task_;
};

}  // namespace edgeroof::harness
