// SPDX-License-Identifier: Apache-2.0
#include "harness/stopping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "reports/analysis/statistics/effective_size.hpp"
#include "reports/analysis/statistics/entropy.hpp"

namespace edgeroof::harness {
namespace {

/// A look costs a sort; between looks the samples grow by a twentieth. Fewer looks also make it
/// less likely to stop on a stretch of samples that agree by chance.
constexpr double growth_between_looks = 1.05;

/// Keeps the samples, for the precision that every criterion reports.
class WithSamples : public Criterion {
  public:
    void add(double seconds) override { samples_.push_back(seconds); }
    std::optional<double> precision() const override {
        const auto estimate = reports::estimate_series(samples_);
        if (!estimate || !estimate->interval || estimate->median <= 0) return std::nullopt;
        return estimate->interval->half_width() / estimate->median;
    }

  protected:
    std::vector<double> samples_;
};

/// A criterion that costs something to ask.
class WithLooks : public WithSamples {
  public:
    bool satisfied() const override {
        const auto n = static_cast<double>(samples_.size());
        if (n < next_look_) return satisfied_;
        next_look_ = std::max(n + 1, n * growth_between_looks);
        satisfied_ = look();
        return satisfied_;
    }

  protected:
    virtual bool look() const = 0;

  private:
    mutable double next_look_ = 0.0;
    mutable bool satisfied_ = false;
};

class MedianInterval final : public WithLooks {
  public:
    explicit MedianInterval(const StopSettings& settings) : target_(settings.precision) {}
    reports::StopReason reason() const override { return reports::StopReason::precision; }

  private:
    bool look() const override {
        const auto reached = precision();
        return reached && *reached <= target_;
    }

    double target_;
};

class Entropy final : public WithLooks {
  public:
    explicit Entropy(const StopSettings& settings) : bin_(settings.precision) {}
    reports::StopReason reason() const override { return reports::StopReason::entropy; }

  private:
    /// Halves of 100 samples in 8 bins differ by as much by chance; a stretch at another speed in
    /// a tenth of one half, by more.
    static constexpr double alike_bits = 0.05;

    bool look() const override {
        return reports::difference_of_halves(samples_, bin_) <= alike_bits;
    }

    double bin_;
};

class FixedCount final : public WithSamples {
  public:
    explicit FixedCount(const StopSettings& settings)
        : wanted_(static_cast<std::size_t>(settings.min_samples)) {}
    bool satisfied() const override { return samples_.size() >= wanted_; }
    reports::StopReason reason() const override { return reports::StopReason::fixed_count; }

  private:
    std::size_t wanted_;
};

class TimeCap final : public WithSamples {
  public:
    explicit TimeCap(const StopSettings&) {}
    bool satisfied() const override { return false; }
    reports::StopReason reason() const override { return reports::StopReason::time_cap; }
};

template <typename T>
std::unique_ptr<Criterion> make(const StopSettings& settings) {
    return std::make_unique<T>(settings);
}

struct Entry {
    std::string_view name;
    std::unique_ptr<Criterion> (*make)(const StopSettings&);
};

constexpr std::array<Entry, 4> registry{{{"median-interval", make<MedianInterval>},
                                         {"entropy", make<Entropy>},
                                         {"fixed-count", make<FixedCount>},
                                         {"time-cap", make<TimeCap>}}};

}  // namespace

std::vector<std::string_view> stopping_rules() {
    std::vector<std::string_view> names;
    for (const Entry& entry : registry) names.push_back(entry.name);
    return names;
}

std::unique_ptr<Criterion> make_criterion(const StopSettings& settings) {
    const auto found = std::find_if(registry.begin(), registry.end(), [&](const Entry& entry) {
        return entry.name == settings.rule;
    });
    if (found == registry.end())
        throw std::invalid_argument(fmt::format("no stopping rule '{}'", settings.rule));
    return found->make(settings);
}

StoppingRule::StoppingRule(const StopSettings& settings)
    : settings_(settings), criterion_(make_criterion(settings)) {}

void StoppingRule::add(double seconds) {
    criterion_->add(seconds);
    seconds_ += seconds;
    ++samples_;
}

std::optional<reports::StopReason> StoppingRule::reason() const {
    if (samples_ >= settings_.min_samples && criterion_->satisfied()) return criterion_->reason();
    if (samples_ >= settings_.max_samples) return reports::StopReason::sample_cap;
    if (samples_ > 0 && seconds_ >= settings_.max_seconds) return reports::StopReason::time_cap;
    return std::nullopt;
}

reports::Stop StoppingRule::outcome(reports::StopReason why) const {
    reports::Stop stop;
    stop.reason = why;
    if (settings_.rule == "median-interval") stop.precision_target = settings_.precision;
    stop.precision_reached = criterion_->precision();
    return stop;
}

}  // namespace edgeroof::harness
