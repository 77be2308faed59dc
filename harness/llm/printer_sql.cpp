// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/printer.hpp"

namespace edgeroof::harness {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + '\'';
}

/// A value that can be absent has no type of its own; all of those are fractions.
std::string_view type_of(const nlohmann::ordered_json& value) {
    if (value.is_string()) return "TEXT";
    return value.is_null() || value.is_number_float() ? "REAL" : "INTEGER";
}

class SqlPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream& out, const std::vector<LlmTest>&) override {
        std::string columns;
        for (const Field& field : all_fields({})) {
            columns += (columns.empty() ? "  " : ",\n  ") + field.name + ' ';
            columns += type_of(field.value);
            names_ += (names_.empty() ? "" : ", ") + field.name;
        }
        out << "CREATE TABLE IF NOT EXISTS llama_bench (\n" << columns << "\n);\n\n";
    }
    void result(std::ostream& out, const LlmResult& result) override {
        std::string values;
        for (const Field& field : all_fields(result)) {
            values += values.empty() ? "" : ", ";
            values += field.value.is_null() ? "NULL" : quoted(plain_text(field.value));
        }
        out << "INSERT INTO llama_bench (" << names_ << ") VALUES (" << values << ");\n";
    }
    void end(std::ostream&) override {}

  private:
    std::string names_;
};

}  // namespace

std::unique_ptr<LlmPrinter> sql_printer() { return std::make_unique<SqlPrinter>(); }

}  // namespace edgeroof::harness
