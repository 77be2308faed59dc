// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>

#include "harness/commands/model.hpp"
#include "harness/commands/model_progress.hpp"
#include "harness/commands/model_text.hpp"
#include "harness/model_shape.hpp"
#include "harness/options.hpp"
#include "kernels/error.hpp"
#include "runtime/gguf.hpp"
#include "runtime/quantize.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {

Exit run_model_quantize(const Arguments& arguments) {
    OptionSet set(
        "edgeroof model quantize IN OUT FORMAT",
        "Writes the model IN with all its weights in FORMAT to OUT, the embedding and the "
        "output layer too;\nnorms and biases stay as they are. Weights whose rows are no "
        "whole number of FORMAT's blocks take\nthe nearest format that fits.",
        {"edgeroof model quantize model-f16.gguf model-q4_0.gguf Q4_0"});
    set.positional("file", 3);
    set.add()("requantize", "take an input that is quantised already; its error adds up");
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const auto words = values.count("file") == 0 ? Arguments{} : values["file"].as<Arguments>();
    if (words.size() != 3)
        throw InputError("IN OUT FORMAT are wanted; see 'edgeroof model quantize --help'");
    runtime::QuantizeOptions options{.format = parse_format(words[2]),
                                     .requantize = values.count("requantize") != 0};
    {
        WriteProgress progress(words[1]);
        runtime::quantize_model(words[0], words[1], options, progress.callback());
    }
    std::cout << summary_line(words[1], runtime::audit(runtime::GgufFile(words[1])));
    return Exit::ok;
}

}  // namespace edgeroof::harness
