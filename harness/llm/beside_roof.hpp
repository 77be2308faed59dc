// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

namespace edgeroof::harness {

/// A roof that is measured again and again beside what it bounds, on a machine whose roof changes:
/// what is timed is cut into stretches, with the roof measured between them.
class BesideRoof {
  public:
    /// `rate`: the roof now, in bytes/s.
    explicit BesideRoof(std::function<double()> rate) : rate_(std::move(rate)) {}

    void measure();
    /// The time since the last measurement, and the roof once more: over the stretch it counts as
    /// the mean of both. std::logic_error before the first measure().
    void end_stretch(double seconds);
    /// Of `bytes`, moved in the stretches since the last call: how much of what the roof would have
    /// moved in their time.
    double share(double bytes);
    /// The median of all measurements, in bytes/s.
    double rate() const;

  private:
    std::function<double()> rate_;
    std::vector<double> rates_;
    double could_move_ = 0.0;  ///< bytes, by the roof, in the stretches since the last share
};

}  // namespace edgeroof::harness
