// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

/// Two columns: what, and what it is.
class Facts {
  public:
    Facts(std::string id, std::string title)
        : table_{std::move(id), std::move(title), {{"What"}, {"Value"}}, {}} {}

    void add(std::string what, std::string text) {
        table_.rows.push_back({{std::move(what)}, {std::move(text)}});
    }
    void add(std::string what, const std::optional<std::string>& text) {
        if (text)
            add(std::move(what), *text);
        else
            absent(std::move(what));
    }
    void absent(std::string what) {
        table_.rows.push_back({{std::move(what)}, {"not known", "", std::nullopt, Tone::muted}});
    }
    Table take() { return std::move(table_); }

  private:
    Table table_;
};

std::string cluster_text(const Cluster& c) {
    std::string text = fmt::format("{} × {}", c.cores, c.name);
    if (c.threads != c.cores) text += fmt::format(", {} threads", c.threads);
    if (c.min_hz && c.max_hz)
        text += fmt::format(", {} – {}", format_value(*c.min_hz, Unit::hertz),
                            format_value(*c.max_hz, Unit::hertz));
    if (c.found_hz) text += fmt::format(", {} as found", format_value(*c.found_hz, Unit::hertz));
    if (c.governor) text += fmt::format(", governor {}", *c.governor);
    return text;
}

std::string cache_text(const Cache& c) {
    return fmt::format("L{} {} {} × {}, shared by {}", c.level, c.kind, c.count,
                       format_value(static_cast<double>(c.bytes), Unit::cache), c.shared_by);
}

/// "Q4_0 99.8 %, F32 0.2 %"
std::string composition(const Model& model) {
    std::vector<std::pair<std::string, std::uint64_t>> parts(model.tensor_bytes.begin(),
                                                             model.tensor_bytes.end());
    std::ranges::stable_sort(parts, std::greater{}, [](const auto& part) { return part.second; });
    double total = 0.0;
    for (const auto& [format, bytes] : parts) total += static_cast<double>(bytes);
    std::string text;
    for (const auto& [format, bytes] : parts)
        text += fmt::format(
            "{}{} {}", text.empty() ? "" : ", ", format,
            format_value(static_cast<double>(bytes) / std::max(total, 1.0), Unit::share));
    return text;
}

std::string optional_bytes(const std::optional<std::uint64_t>& bytes, Unit unit) {
    return bytes ? format_value(static_cast<double>(*bytes), unit) : "–";
}

}  // namespace

Table model_table(const Record& record) {
    Table table{"models", "Models", {}, {}};
    table.columns = {{"Model"},
                     {"Architecture"},
                     {"Parameters", true},
                     {"File", true},
                     {"Tensor bytes by format"},
                     {"Context", true},
                     {"Weights"},
                     {"Hash"}};
    for (const Model& m : record.models)
        table.rows.push_back(
            {{m.label},
             {m.architecture},
             {format_count(m.parameters), "", static_cast<double>(m.parameters)},
             {format_value(static_cast<double>(m.file_bytes), Unit::bytes), "",
              static_cast<double>(m.file_bytes)},
             {composition(m)},
             {m.context_length ? std::to_string(*m.context_length) : "–"},
             {m.random_weights ? "random (made for its shape)" : "from the file"},
             {m.hash ? fmt::format("{} {}", m.hash_method.value_or(""), *m.hash) : "–"}});
    return table;
}

Table board_table(const Record& record) {
    const Board& b = record.board;
    Facts facts("board", "Board");
    facts.add("Board", b.name);
    if (b.matched)
        facts.add("Recognised as",
                  fmt::format("{} (by {})", *b.matched, fmt::join(b.matched_by, ", ")));
    facts.add("SoC", b.soc);
    facts.add("CPU", fmt::format("{} ({}, {} cores, {} threads)", b.cpu, b.architecture, b.cores,
                                 b.threads));
    for (const Cluster& c : b.clusters) facts.add("Cores", cluster_text(c));
    for (const Cache& c : b.caches) facts.add("Cache", cache_text(c));
    facts.add("Instruction sets", fmt::format("{}", fmt::join(b.isa_features, " ")));
    if (b.memory_bytes)
        facts.add("Memory", fmt::format("{} {}", optional_bytes(b.memory_bytes, Unit::cache),
                                        b.memory_kind.value_or("")));
    else
        facts.absent("Memory");
    if (b.memory_hz)
        facts.add("Memory clock", format_value(*b.memory_hz, Unit::hertz));
    else
        facts.absent("Memory clock");
    facts.add("System", b.os);
    facts.add("Kernel", b.kernel);
    facts.add("Firmware", b.firmware);
    facts.add("Virtual machine", b.virtual_machine.value_or("none found"));
    facts.add("Cooling (declared)", b.cooling);
    facts.add("Supply (declared)", b.supply);
    facts.add("Ambient (declared)", b.ambient);
    return facts.take();
}

Table device_table(const Record& record) {
    Table table{"devices", "Devices", {}, {}};
    table.columns = {{"Device"},        {"Name"},         {"Driver"},
                     {"Threads", true}, {"Memory", true}, {"Last-level cache", true},
                     {"Kind"}};
    for (const Device& d : record.devices)
        table.rows.push_back({{d.id},
                              {d.name},
                              {d.driver},
                              {d.threads ? std::to_string(*d.threads) : "–"},
                              {optional_bytes(d.memory_bytes, Unit::cache)},
                              {optional_bytes(d.last_level_cache_bytes, Unit::cache)},
                              {d.software ? "a CPU plays this device" : "hardware"}});
    return table;
}

Table promise_table(const Record& record) {
    Table table{"promises", "Datasheet", {{"Figure"}, {"Value", true}, {"Source"}}, {}};
    for (const Promise& p : record.board.promises) {
        const Unit unit = p.unit == "byte/s"   ? Unit::bytes_per_second
                          : p.unit == "FLOP/s" ? Unit::flops_per_second
                                               : unit_from(p.unit);
        const std::string text = unit == Unit::plain ? fmt::format("{:g} {}", p.value, p.unit)
                                                     : format_value(p.value, unit);
        table.rows.push_back({{p.name}, {text, "", p.value}, {p.source}});
    }
    return table;
}

Table sensor_table(const Record& record) {
    Table table{"sensors", "Sensors", {}, {}};
    table.columns = {{"Sensor"},           {"Source"},         {"Least", true},
                     {"Median", true},     {"Greatest", true}, {"Readings", true},
                     {"Rate asked", true}, {"Rate had", true}, {"One reading takes", true}};
    for (const Sensor& s : record.sensors) {
        if (s.readings.empty()) continue;
        std::vector<double> values;
        for (const Reading& r : s.readings) values.push_back(r.value);
        std::ranges::sort(values);
        const Unit unit = unit_from(s.unit);
        const auto show = [&](double v) {
            return Cell{
                unit == Unit::plain ? fmt::format("{:.4g} {}", v, s.unit) : format_value(v, unit),
                "", v};
        };
        table.rows.push_back(
            {{s.name},
             {s.source},
             show(values.front()),
             show(quantile(values, 0.5)),
             show(values.back()),
             {format_count(values.size()), "", static_cast<double>(values.size())},
             {format_value(s.nominal_hz, Unit::hertz)},
             {s.seen_hz ? format_value(*s.seen_hz, Unit::hertz) : "–"},
             {s.overhead_ns ? format_value(*s.overhead_ns * 1e-9, Unit::seconds) : "–"}});
    }
    return table;
}

Table absence_table(const Record& record) {
    Table table{"absent", "What was not measured", {{"What"}, {"Why"}, {"How to get it"}}, {}};
    for (const Absence& a : record.absent)
        table.rows.push_back({{a.what}, {a.why}, {a.remedy.value_or("–")}});
    return table;
}

Table run_table(const Record& record) {
    Facts facts("run", "Run");
    facts.add("Run", record.run.id);
    facts.add("Started (UTC)", record.run.started);
    facts.add("Finished (UTC)",
              record.run.finished ? *record.run.finished : std::string("it was interrupted"));
    facts.add("Command", fmt::format("{}", fmt::join(record.run.command, " ")));
    facts.add("Profile", record.profile.name);
    facts.add("edgeroof",
              fmt::format("{}{}", record.tool.version,
                          record.tool.git_hash ? " (" + *record.tool.git_hash + ")" : ""));
    facts.add("Built with", fmt::format("{}, {}: {}", record.tool.compiler, record.tool.build_type,
                                        record.tool.build_flags));
    if (record.sampler_overhead)
        facts.add(
            "Sampling took",
            fmt::format("{} of one core", format_value(*record.sampler_overhead, Unit::share)));
    if (record.counter_overhead_ns)
        facts.add("Counters took",
                  fmt::format("{} for a sample, outside its time",
                              format_value(*record.counter_overhead_ns * 1e-9, Unit::seconds)));
    facts.add("Noise floor", noise_text(record));
    for (const std::string& note : record.notes) facts.add("Note", note);
    return facts.take();
}

}  // namespace edgeroof::reports
