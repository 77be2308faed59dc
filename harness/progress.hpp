// SPDX-License-Identifier: Apache-2.0
//
// What a run tells while it works, on stderr: one line that is rewritten on a terminal; plain lines
// where it is piped and asked to be verbose; nothing otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroof::harness {

class Progress {
  public:
    enum class Style : std::uint8_t { silent, lines, terminal };
    /// The style for this process's stderr.
    static Style style_for(bool verbose, bool quiet);

    Progress(Style style, std::size_t steps, double estimated_seconds);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// The next step begins and is expected to take so long.
    void begin(std::string what, double estimated_seconds);
    /// Draws anew where it is time to; cheap to call often.
    void tick();
    /// The step that was begun has ended with this result ("36.1 GB/s +/- 0.4 %").
    void end(std::string_view result);
    /// More steps are to come than were planned.
    void add_steps(std::size_t steps, double estimated_seconds);
    /// A line that stays, whatever is drawn.
    void note(std::string_view text);

    /// Seconds that are left: what was planned for the rest, corrected by how plan and truth
    /// compared so far.
    double seconds_left() const;

  private:
    void draw();
    void clear();

    Style style_;
    std::size_t steps_, step_ = 0;
    double planned_total_, planned_done_ = 0.0, planned_step_ = 0.0;
    std::int64_t started_ns_, step_started_ns_ = 0, drawn_ns_ = 0;
    std::string what_;
    bool drawn_ = false;
};

/// "42 s", "3 min 20 s", "1 h 05 min".
std::string duration_text(double seconds);

}  // namespace edgeroof::harness
