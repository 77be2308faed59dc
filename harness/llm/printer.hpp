// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "harness/llm/result.hpp"

namespace edgeroof::harness {

/// Writes results as they come. A file per format.
class LlmPrinter {
  public:
    virtual ~LlmPrinter() = default;
    /// Before the first result; `tests` are all that are to come.
    virtual void begin(std::ostream& out, const std::vector<LlmTest>& tests) = 0;
    virtual void result(std::ostream& out, const LlmResult& result) = 0;
    virtual void end(std::ostream& out) = 0;
};

std::unique_ptr<LlmPrinter> csv_printer();
std::unique_ptr<LlmPrinter> json_printer();
std::unique_ptr<LlmPrinter> jsonl_printer();
std::unique_ptr<LlmPrinter> markdown_printer();
std::unique_ptr<LlmPrinter> sql_printer();

/// By llama-bench's name: csv, json, jsonl, md, sql. Throws InputError.
std::unique_ptr<LlmPrinter> make_llm_printer(const std::string& format);

}  // namespace edgeroof::harness
