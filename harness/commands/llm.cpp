// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "devices/topology.hpp"
#include "harness/board_facts.hpp"
#include "harness/clock.hpp"
#include "harness/commands/command.hpp"
#include "harness/interrupt.hpp"
#include "harness/llm/bench.hpp"
#include "harness/llm/printer.hpp"
#include "harness/terminal.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

void wait(double seconds) {
    const std::int64_t until = monotonic_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (monotonic_ns() < until && interrupt_signal() == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

/// The formats asked for, on their streams.
class Output {
  public:
    explicit Output(const LlmOptions& options) : out_(make_llm_printer(options.output)) {
        if (options.output_err) err_ = make_llm_printer(*options.output_err);
    }
    void begin(const std::vector<LlmTest>& tests) {
        each([&](LlmPrinter& printer, std::ostream& out) { printer.begin(out, tests); });
    }
    void result(const LlmResult& result) {
        each([&](LlmPrinter& printer, std::ostream& out) { printer.result(out, result); });
    }
    void end() {
        each([](LlmPrinter& printer, std::ostream& out) { printer.end(out); });
    }

  private:
    template <typename Do>
    void each(Do act) {
        act(*out_, std::cout);
        std::cout.flush();  // results as they come, also into a pipe
        if (err_) act(*err_, std::cerr);
    }

    std::unique_ptr<LlmPrinter> out_, err_;
};

}  // namespace

Exit run_llm(const Arguments& arguments) {
    const auto options = parse_llm_options(arguments, default_threads(topology()));
    if (!options) return Exit::ok;
    const auto note = [](const std::string& text) {
        std::cerr << paint(text, Ink::faint, STDERR_FILENO) << '\n';
    };
    LlmBench bench(*options, find_board().board, note);
    Output output(*options);
    output.begin(options->tests);
    const InterruptGuard guard;
    bool all_measured = true;
    for (std::size_t i = 0; i < options->tests.size() && interrupt_signal() == 0; ++i) {
        const LlmTest& test = options->tests[i];
        wait(options->delay_seconds);
        if (options->progress)
            note(fmt::format("test {}/{}: {} {}", i + 1, options->tests.size(), test.model,
                             test.name()));
        try {
            const LlmResult result = bench.run(test);
            if (!result.samples_ns.empty()) output.result(result);
        } catch (const InputError&) {
            throw;
        } catch (const std::exception& error) {
            // One test that can't be had is no reason to lose the others.
            std::cerr << fmt::format("edgeroof: {} {}: {}\n", test.model, test.name(),
                                     error.what());
            all_measured = false;
        }
        if (!std::cout) break;
    }
    output.end();
    if (interrupt_signal() != 0) return static_cast<Exit>(128 + interrupt_signal());
    return all_measured ? Exit::ok : Exit::unmeasurable;
}

}  // namespace edgeroof::harness
