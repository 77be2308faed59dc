// SPDX-License-Identifier: Apache-2.0
#include "harness/stopping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <stdexcept>

namespace edgeroof::harness {
namespace {

/// Keeps samples sorted as they come, for the median and its interval.
class Ordered {
  public:
    void add(double value) {
        values_.insert(std::upper_bound(values_.begin(), values_.end(), value), value);
    }

    /// The interval between the k-th smallest and the k-th largest value holds the median with
    /// probability 1 - 2 P(Binomial(n, 1/2) < k), whatever the distribution; k is the largest that
    /// leaves 95 %. Below six samples there is none.
    std::optional<double> relative_half_width() const {
        const std::size_t n = values_.size();
        if (n < 6) return std::nullopt;
        const boost::math::binomial_distribution<double> binomial(static_cast<double>(n), 0.5);
        auto k = static_cast<std::size_t>(boost::math::quantile(binomial, 0.025));
        while (k > 0 && boost::math::cdf(binomial, static_cast<double>(k - 1)) > 0.025) --k;
        if (k == 0) return std::nullopt;
        const double median = (values_[(n - 1) / 2] + values_[n / 2]) / 2;
        return median > 0 ? (values_[n - k] - values_[k - 1]) / 2 / median : 0.0;
    }

  private:
    std::vector<double> values_;
};

class MedianInterval final : public Criterion {
  public:
    explicit MedianInterval(const StopSettings& settings) : target_(settings.precision) {}
    void add(double seconds) override { samples_.add(seconds); }
    bool satisfied() const override {
        const auto reached = precision();
        return reached && *reached <= target_;
    }
    std::optional<double> precision() const override { return samples_.relative_half_width(); }
    reports::StopReason reason() const override { return reports::StopReason::precision; }

  private:
    double target_;
    Ordered samples_;
};

class FixedCount final : public Criterion {
  public:
    explicit FixedCount(const StopSettings& settings) : wanted_(settings.min_samples) {}
    void add(double seconds) override {
        samples_.add(seconds);
        ++count_;
    }
    bool satisfied() const override { return count_ >= wanted_; }
    std::optional<double> precision() const override { return samples_.relative_half_width(); }
    reports::StopReason reason() const override { return reports::StopReason::fixed_count; }

  private:
    std::int64_t wanted_, count_ = 0;
    Ordered samples_;
};

class TimeCap final : public Criterion {
  public:
    explicit TimeCap(const StopSettings&) {}
    void add(double seconds) override { samples_.add(seconds); }
    bool satisfied() const override { return false; }
    std::optional<double> precision() const override { return samples_.relative_half_width(); }
    reports::StopReason reason() const override { return reports::StopReason::time_cap; }

  private:
    Ordered samples_;
};

template <typename T>
std::unique_ptr<Criterion> make(const StopSettings& settings) {
    return std::make_unique<T>(settings);
}

struct Entry {
    std::string_view name;
    std::unique_ptr<Criterion> (*make)(const StopSettings&);
};

constexpr std::array<Entry, 3> registry{{{"median-interval", make<MedianInterval>},
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
