// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/printer.hpp"

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace edgeroof::harness {

std::unique_ptr<LlmPrinter> make_llm_printer(const std::string& format) {
    if (format == "csv") return csv_printer();
    if (format == "json") return json_printer();
    if (format == "jsonl") return jsonl_printer();
    if (format == "md") return markdown_printer();
    if (format == "sql") return sql_printer();
    throw InputError(fmt::format("-o: '{}' is none of: csv, json, jsonl, md, sql", format));
}

}  // namespace edgeroof::harness
