// SPDX-License-Identifier: Apache-2.0
#include "harness/measure.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "harness/clock.hpp"
#include "harness/counters.hpp"
#include "harness/stopping.hpp"

namespace edgeroof::harness {
namespace {

/// A sample shorter than this notices that something else has just filled the caches.
constexpr double notices_caches_seconds = 0.02;
constexpr double most_settling_seconds = 0.05;
/// What is faster by less is noise.
constexpr double still_faster = 0.97;

/// The samples of one workload as they grow.
class Series {
  public:
    Series(Workload& workload, const StopSettings& stop, Counters* counters)
        : workload_(workload), rule_(stop), counts_(counters), result_(workload.describe()) {}

    void warm_up(double seconds) {
        const std::int64_t start = monotonic_ns();
        do discard();
        while (seconds_of(monotonic_ns() - start) < seconds);
    }

    void begin_turn() {
        if (last_seconds_ < notices_caches_seconds) result_.warm_up += settle(workload_);
        result_.turns.push_back(result_.samples.size());
    }

    void take() {
        const reports::Sample sample = counts_.take([this] { return workload_.sample(); });
        last_seconds_ = seconds_of(sample.ns);
        rule_.add(last_seconds_);
        result_.samples.push_back(sample);
    }

    const StoppingRule& rule() const { return rule_; }
    reports::Measurement& result() { return result_; }

    reports::Measurement finish(reports::StopReason reason) {
        result_.stop = rule_.outcome(reason);
        result_.counted = counts_.counted();
        // A turn that was cut short before its first sample is none.
        while (!result_.turns.empty() && result_.turns.back() >= result_.samples.size())
            result_.turns.pop_back();
        return std::move(result_);
    }

  private:
    void discard() {
        const reports::Sample sample = workload_.sample();
        last_seconds_ = seconds_of(sample.ns);
        result_.warm_up += {1, sample.ns};
    }

    Workload& workload_;
    StoppingRule rule_;
    SampleCounts counts_;
    reports::Measurement result_;
    double last_seconds_ = 0.0;
};

class InTurns {
  public:
    InTurns(Workload& workload, std::span<Workload* const> roofs, const MeasureSettings& settings,
            Workload* closer)
        : settings_(settings),
          turns_(roofs.empty() ? 1 : std::max<std::int64_t>(settings.turns, 1)),
          main_(workload, settings.stop, settings.counters) {
        StopSettings slices;
        slices.rule = "time-cap";
        slices.precision = settings.stop.precision;
        for (Workload* roof : roofs) roofs_.emplace_back(*roof, slices, settings.counters);
        order_.resize(roofs_.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        if (closer != nullptr) closer_.emplace(*closer, slices, settings.counters);
    }

    void run() {
        main_.warm_up(settings_.warm_up_seconds);
        for (std::int64_t turn = 0; !settings_.stop_now(); ++turn) {
            measure_roofs();
            if (settings_.stop_now()) break;
            take_turn();
            look_closer();
            const auto reason = main_.rule().reason();
            // The cap ends it even where turns are still to come; precision waits for them.
            if (reason && (turn + 1 >= turns_ || *reason == reports::StopReason::time_cap)) {
                reason_ = *reason;
                break;
            }
        }
        measure_roofs();
    }

    reports::Measurement& main() { return main_.result(); }

    Measured finish(bool failed) {
        Measured all;
        reports::Measurement& main = all.workload;
        main = main_.finish(failed ? reports::StopReason::failed : reason_);
        for (Series& roof : roofs_) {
            reports::Measurement measured = roof.finish(reports::StopReason::fixed_count);
            if (measured.samples.empty()) continue;
            measured.id += " beside " + main.id;
            main.roofs.push_back(measured.id);
            measured.validity = main.validity;
            all.roofs.push_back(std::move(measured));
        }
        if (closer_) {
            reports::Measurement measured = closer_->finish(reports::StopReason::fixed_count);
            if (measured.samples.empty()) return all;
            measured.roofs = main.roofs;
            measured.validity = main.validity;
            all.closer = std::move(measured);
        }
        return all;
    }

  private:
    void measure_roofs() {
        // There and back: none of them is always the first after the workload.
        std::reverse(order_.begin(), order_.end());
        for (const std::size_t index : order_) {
            Series& roof = roofs_[index];
            roof.begin_turn();
            const double before = roof.rule().seconds();
            const std::int64_t start = monotonic_ns();  // bursts rest between their samples
            do roof.take();
            while (roof.rule().seconds() - before < settings_.slice_seconds &&
                   seconds_of(monotonic_ns() - start) < settings_.slice_seconds &&
                   !settings_.stop_now());
            settings_.tick(main_.rule().seconds());
        }
    }

    void take_turn() {
        const StopSettings& stop = settings_.stop;
        const double seconds = stop.max_seconds / static_cast<double>(turns_);
        const std::int64_t least = (stop.min_samples + turns_ - 1) / turns_;
        const std::int64_t most = std::max<std::int64_t>(1, stop.max_samples / turns_);
        const double seconds_before = main_.rule().seconds();
        const std::int64_t samples_before = main_.rule().samples();
        main_.begin_turn();
        for (;;) {
            main_.take();
            settings_.tick(main_.rule().seconds());
            const std::int64_t taken = main_.rule().samples() - samples_before;
            if (taken >= most || main_.rule().seconds() - seconds_before >= seconds ||
                (taken >= least && main_.rule().reason()) || settings_.stop_now())
                break;
        }
    }

    void look_closer() {
        if (!closer_ || settings_.stop_now() || closer_->rule().seconds() > main_.rule().seconds())
            return;
        closer_->begin_turn();
        closer_->take();
        settings_.tick(main_.rule().seconds());
    }

    const MeasureSettings& settings_;
    std::int64_t turns_;
    Series main_;
    std::vector<Series> roofs_;
    std::vector<std::size_t> order_;  ///< of roofs_, in the turn to come
    std::optional<Series> closer_;
    reports::StopReason reason_ = reports::StopReason::interrupted;
};

}  // namespace

reports::WarmUp settle(Workload& workload) {
    reports::WarmUp done;
    double before = std::numeric_limits<double>::infinity();
    for (;;) {
        const reports::Sample sample = workload.sample();
        done += {1, sample.ns};
        const double last = seconds_of(sample.ns), all = seconds_of(done.ns);
        const bool went_round =
            done.count >= workload.samples_per_round() || all >= most_settling_seconds;
        const bool is_steady = last >= still_faster * before || all >= notices_caches_seconds;
        if (went_round && is_steady) return done;
        before = last;
    }
}

Measured measure(Workload& workload, std::span<Workload* const> roofs,
                 const MeasureSettings& settings, Workload* closer) {
    InTurns turns(workload, roofs, settings, closer);
    const SystemCounts before = count_system(settings.waiting_threads);
    reports::Validity validity;
    try {
        turns.run();
    } catch (const std::exception& error) {
        validity = {reports::State::failed, {error.what()}};
    }
    const bool failed = validity.state == reports::State::failed;
    if (!failed) {
        const SystemCounts after = count_system(settings.waiting_threads);
        validity.reasons =
            disturbances(before, after, turns.main().threads.value_or(1), settings.cpus);
        if (!validity.reasons.empty()) validity.state = reports::State::disturbed;
    }
    turns.main().validity = validity;
    return turns.finish(failed);
}

}  // namespace edgeroof::harness
