// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "harness/board_facts.hpp"
#include "harness/commands/command.hpp"
#include "harness/interrupt.hpp"
#include "harness/kernels_bench.hpp"
#include "harness/kernels_print.hpp"
#include "harness/terminal.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {

Exit run_kernels(const Arguments& arguments) {
    const OptionSet set = kernels_option_set();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const KernelsOptions options = kernels_options(values);
    const auto say = [&](const std::string& text) {
        if (!options.quiet) std::cerr << paint(text, Ink::faint, STDERR_FILENO) << '\n';
    };
    KernelsBench bench(options, open_device(options.device), find_board().board, say);
    const InterruptGuard guard;
    {
        Progress progress(Progress::style_for(options.verbose, options.quiet), bench.steps(),
                          bench.seconds());
        bench.run(progress);
    }
    print_kernels(bench, options.output, std::cout);
    for (const reports::Absence& absence : bench.record().absent)
        std::cerr << fmt::format("{}: not measured: {}\n", absence.what, absence.why);
    if (interrupt_signal() != 0) return Exit::interrupted;
    return bench.record().absent.empty() ? Exit::ok : Exit::unmeasurable;
}

}  // namespace edgeroof::harness
