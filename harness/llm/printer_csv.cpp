// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/printer.hpp"

namespace edgeroof::harness {
namespace {

/// RFC 4180: every value quoted, a quote doubled.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

class CsvPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream& out, const std::vector<LlmTest>&) override {
        std::string line;
        for (const Field& field : all_fields({})) line += (line.empty() ? "" : ",") + field.name;
        out << line << '\n';
    }
    void result(std::ostream& out, const LlmResult& result) override {
        std::string line;
        for (const Field& field : all_fields(result))
            line += (line.empty() ? "" : ",") + quoted(plain_text(field.value));
        out << line << '\n';
    }
    void end(std::ostream&) override {}
};

}  // namespace

std::unique_ptr<LlmPrinter> csv_printer() { return std::make_unique<CsvPrinter>(); }

}  // namespace edgeroof::harness
