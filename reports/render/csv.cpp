// SPDX-License-Identifier: Apache-2.0
#include "reports/render/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/analysis/rates.hpp"
#include "reports/render/escape.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

constexpr std::string_view header =
    "run,measurement,kind,device,model,operator,operator_kind,format,shape,in_step,tokens,depth,"
    "threads,isa,n,seconds,seconds_low,seconds_high,tokens_per_s,tokens_per_s_low,"
    "tokens_per_s_high,flops,weight_bytes,state_bytes,activation_bytes,bytes_per_s,flops_per_s,"
    "intensity,roof,roof_share,roof_share_low,roof_share_high,roof_beside,bound_by,state,"
    "reasons\r\n";

class Row {
  public:
    void text(std::string_view value) { add(escape_csv(value)); }
    void number(double value) { add(fmt::format("{:.9g}", value)); }
    void count(std::integral auto value) { add(fmt::format("{}", value)); }
    void skip(int fields = 1) {
        while (fields-- > 0) add("");
    }
    /// Median and interval: three fields.
    void estimate(const std::optional<Estimate>& e) {
        if (!e) return skip(3);
        number(e->median);
        if (!e->interval) return skip(2);
        number(e->interval->low);
        number(e->interval->high);
    }
    std::string take() { return line_ + "\r\n"; }

  private:
    void add(std::string_view field) {
        if (!first_) line_ += ',';
        first_ = false;
        line_ += field;
    }
    std::string line_;
    bool first_ = true;
};

void add_identity(Row& row, const Record& record, const Measurement& m) {
    row.text(record.run.id);
    row.text(m.id);
    row.text(name(m.kind));
    row.text(m.device);
    row.text(model_name(record, m));
    if (m.op) {
        row.text(m.op->name);
        row.text(m.op->kind);
        row.text(m.op->format);
        row.text(fmt::format("{}", fmt::join(m.op->shape, "x")));
    } else {
        row.skip(4);
    }
    row.text(m.in_step ? "yes" : "no");
    row.count(m.tokens);
    row.count(m.depth);
    row.text(m.threads ? std::to_string(*m.threads) : "");
    row.text(m.isa.value_or(""));
}

bool has_speed(const Measurement& m) {
    return m.kind == Kind::prefill || m.kind == Kind::decode || m.kind == Kind::latency;
}

void add_figures(Row& row, const Measurement& m) {
    const auto seconds = estimate_seconds(m);
    row.count(seconds ? seconds->n : 0);
    row.estimate(seconds);
    row.estimate(has_speed(m) ? estimate_tokens_per_second(m) : std::nullopt);
    row.count(m.work.flops);
    row.count(m.work.weight_bytes);
    row.count(m.work.state_bytes);
    row.count(m.work.activation_bytes);
    const auto bytes = static_cast<double>(m.work.bytes());
    const auto flops = static_cast<double>(m.work.flops);
    if (seconds) {
        row.number(bytes / seconds->median);
        row.number(flops / seconds->median);
    } else {
        row.skip(2);
    }
    if (bytes > 0.0)
        row.number(flops / bytes);
    else
        row.skip();
}

void add_placement(Row& row, const Analysis& analysis, const Measurement& m) {
    const auto point = std::ranges::find(analysis.points, &m, &Point::measurement);
    const Share* share = point == analysis.points.end() ? nullptr : point->nearest();
    if (share != nullptr) {
        row.text(point->roof_name());
        row.estimate(share->value);
        row.text(share->beside ? "yes" : "no");
    } else {
        row.skip(5);
    }
    row.text(point == analysis.points.end() ? "" : bound_text(point->bound));
    row.text(state_text(analysis.state_of(m)));
    row.text(fmt::format("{}", fmt::join(m.validity.reasons, " ")));
}

}  // namespace

std::string render_csv(const std::vector<Analysis>& analyses) {
    std::string text(header);
    for (const Analysis& analysis : analyses)
        for (const Measurement& m : analysis.record->measurements) {
            Row row;
            add_identity(row, *analysis.record, m);
            add_figures(row, m);
            add_placement(row, analysis, m);
            text += row.take();
        }
    return text;
}

}  // namespace edgeroof::reports
