// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/printer.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;

ordered_json object_of(const LlmResult& result) {
    ordered_json object;
    for (const Field& field : peer_fields(result)) object[field.name] = field.value;
    object["samples_ns"] = result.samples_ns;
    object["samples_ts"] = result.samples_ts();
    for (const Field& field : own_fields(result)) object[field.name] = field.value;
    return object;
}

std::string text_of(const LlmResult& result, int indent) {
    // File names may hold any bytes; JSON holds Unicode only.
    return object_of(result).dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

class JsonPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream& out, const std::vector<LlmTest>&) override { out << '['; }
    void result(std::ostream& out, const LlmResult& result) override {
        out << (first_ ? "\n" : ",\n") << text_of(result, 2);
        first_ = false;
    }
    void end(std::ostream& out) override { out << "\n]\n"; }

  private:
    bool first_ = true;
};

class JsonLinesPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream&, const std::vector<LlmTest>&) override {}
    void result(std::ostream& out, const LlmResult& result) override {
        out << text_of(result, -1) << '\n';
    }
    void end(std::ostream&) override {}
};

}  // namespace

std::unique_ptr<LlmPrinter> json_printer() { return std::make_unique<JsonPrinter>(); }
std::unique_ptr<LlmPrinter> jsonl_printer() { return std::make_unique<JsonLinesPrinter>(); }

}  // namespace edgeroof::harness
