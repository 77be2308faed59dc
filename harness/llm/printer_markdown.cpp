// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/llm/printer.hpp"
#include "harness/version.hpp"

namespace edgeroof::harness {
namespace {

struct Column {
    std::string name;
    std::size_t width;
    bool left;
    std::string (*text)(const LlmResult& result);
};

std::string model_size(const LlmResult& result) {
    const double mib = static_cast<double>(result.model_size) / (1024.0 * 1024.0);
    return mib < 1024.0 ? fmt::format("{:.2f} MiB", mib) : fmt::format("{:.2f} GiB", mib / 1024.0);
}

std::string parameters(const LlmResult& result) {
    const double millions = static_cast<double>(result.model_n_params) * 1e-6;
    return millions < 1000.0 ? fmt::format("{:.2f} M", millions)
                             : fmt::format("{:.2f} B", millions * 1e-3);
}

std::string rate(const LlmResult& result) {
    const std::vector<double> rates = result.samples_ts();
    return fmt::format("{:.2f} ± {:.2f}", mean(rates), deviation(rates));
}

std::string own(const LlmResult& result, std::string_view name, double factor, int digits) {
    for (const Field& field : own_fields(result))
        if (field.name == name && !field.value.is_null())
            return fmt::format("{:.{}f}", field.value.get<double>() * factor, digits);
    return "-";
}

/// Columns that are shown where a test's value is not the default, or tests differ in it.
template <typename Get>
bool shown(const std::vector<LlmTest>& tests, Get get) {
    return std::any_of(tests.begin(), tests.end(),
                       [&](const LlmTest& test) { return get(test) != get(LlmTest{}); });
}

/// Characters, not bytes: "±" is two.
std::size_t length(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string cell(const std::string& text, const Column& column) {
    const std::string padding(column.width - std::min(column.width, length(text)), ' ');
    return column.left ? text + padding : padding + text;
}

class MarkdownPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream& out, const std::vector<LlmTest>& tests) override {
        choose_columns(tests);
        std::string names = "|", rule = "|";
        for (const Column& column : columns_) {
            names += ' ' + cell(column.name, column) + " |";
            rule += ' ' + std::string(column.width - (column.left ? 0 : 1), '-') +
                    (column.left ? " |" : ": |");
        }
        out << names << '\n' << rule << '\n';
    }
    void result(std::ostream& out, const LlmResult& result) override {
        std::string line = "|";
        for (const Column& column : columns_) {
            std::string text = column.text(result);
            // A bar in a file's name would end the cell.
            std::replace(text.begin(), text.end(), '|', '/');
            line += ' ' + cell(text, column) + " |";
        }
        out << line << '\n';
    }
    void end(std::ostream& out) override {
        out << "\nbuild: " << build_facts().git_hash.value_or("unknown") << " (edgeroof "
            << build_facts().version << ")\n";
    }

  private:
    void choose_columns(const std::vector<LlmTest>& tests) {
        columns_ = {
            {"model", 30, true, [](const LlmResult& r) { return r.model_type; }},
            {"size", 10, false, model_size},
            {"params", 10, false, parameters},
            {"backend", 10, true, [](const LlmResult& r) { return r.backends; }},
            {"threads", 7, false,
             [](const LlmResult& r) { return std::to_string(r.test.n_threads); }},
        };
        if (shown(tests, [](const LlmTest& t) { return t.n_batch; }))
            columns_.push_back({"n_batch", 7, false,
                                [](const LlmResult& r) { return std::to_string(r.test.n_batch); }});
        if (shown(tests, [](const LlmTest& t) { return t.n_ubatch; }))
            columns_.push_back({"n_ubatch", 8, false, [](const LlmResult& r) {
                                    return std::to_string(r.test.n_ubatch);
                                }});
        if (shown(tests, [](const LlmTest& t) { return t.type_k; }))
            columns_.push_back(
                {"type_k", 6, false, [](const LlmResult& r) { return r.test.type_k; }});
        if (shown(tests, [](const LlmTest& t) { return t.type_v; }))
            columns_.push_back(
                {"type_v", 6, false, [](const LlmResult& r) { return r.test.type_v; }});
        columns_.push_back({"test", 15, false, [](const LlmResult& r) { return r.test.name(); }});
        columns_.push_back({"t/s", 20, false, rate});
        columns_.push_back(
            {"GB/s", 7, false, [](const LlmResult& r) { return own(r, "bandwidth_gbps", 1, 2); }});
        columns_.push_back({"% of roof", 9, false,
                            [](const LlmResult& r) { return own(r, "roof_share", 100, 1); }});
        columns_.push_back(
            {"P50 ms", 8, false, [](const LlmResult& r) { return own(r, "p50_ms", 1, 3); }});
        columns_.push_back(
            {"P95 ms", 8, false, [](const LlmResult& r) { return own(r, "p95_ms", 1, 3); }});
        columns_.push_back(
            {"P99 ms", 8, false, [](const LlmResult& r) { return own(r, "p99_ms", 1, 3); }});
    }

    std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<LlmPrinter> markdown_printer() { return std::make_unique<MarkdownPrinter>(); }

}  // namespace edgeroof::harness
