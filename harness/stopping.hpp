// SPDX-License-Identifier: Apache-2.0
//
// When to stop measuring. A criterion says whether the samples so far tell enough; a StoppingRule
// adds the limits that hold for every criterion: least and most samples, and a time cap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/profile.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

class Criterion {
  public:
    virtual ~Criterion() = default;
    virtual void add(double seconds) = 0;
    virtual bool satisfied() const = 0;
    /// Half-width of the 95 % interval over the median, where there are samples enough for one.
    /// Samples that hang together make it wider.
    virtual std::optional<double> precision() const = 0;
    /// What a satisfied criterion is called in the record.
    virtual reports::StopReason reason() const = 0;
};

/// Names that StopSettings::rule takes:
///   median-interval  the 95 % interval of the median is within the precision
///   entropy          the samples' two halves are distributed alike, in bins as wide as the
///                    precision: new samples tell nothing new about how they spread
///   fixed-count      min_samples samples, whatever they say (as llama-bench's repetitions)
///   time-cap         as many as fit max_seconds
std::vector<std::string_view> stopping_rules();

/// Throws std::invalid_argument for an unknown name.
std::unique_ptr<Criterion> make_criterion(const StopSettings& settings);

class StoppingRule {
  public:
    explicit StoppingRule(const StopSettings& settings);

    void add(double seconds);
    /// Why to stop now; nothing: go on.
    std::optional<reports::StopReason> reason() const;
    double seconds() const { return seconds_; }
    std::int64_t samples() const { return samples_; }
    /// For the record: `why` it ended, the precision asked for and reached.
    reports::Stop outcome(reports::StopReason why) const;

  private:
    StopSettings settings_;
    std::unique_ptr<Criterion> criterion_;
    double seconds_ = 0.0;
    std::int64_t samples_ = 0;
};

}  // namespace edgeroof::harness
