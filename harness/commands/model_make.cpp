// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "harness/commands/model.hpp"
#include "harness/commands/model_progress.hpp"
#include "harness/commands/model_text.hpp"
#include "harness/model_shape.hpp"
#include "harness/options.hpp"
#include "kernels/error.hpp"
#include "runtime/gguf.hpp"
#include "runtime/model_layout.hpp"
#include "runtime/model_maker.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

std::string flag(const runtime::ShapeField& field) {
    std::string name = field.name;
    std::ranges::replace(name, '_', '-');
    return name;
}

OptionSet options() {
    OptionSet set(
        "edgeroof model make SHAPE:FORMAT -o FILE [OPTIONS]",
        "Writes a GGUF model with the shape of a published one and seeded random weights. "
        "It computes\nnonsense at the true speed. SHAPE is a name (see --list), a YAML "
        "file with the fields below,\nor 'custom'; flags override its fields.",
        {"edgeroof model make smollm2-135m:Q4_0 -o smollm2.gguf",
         "edgeroof model make llama3.2-1b:Q4_K --layers 4 -o short.gguf",
         "edgeroof model make custom:F16 --architecture qwen3 --dim 512 -o tiny.gguf"});
    set.positional("spec");
    set.add()("output,o", po::value<std::string>()->value_name("FILE"), "the file to write");
    set.add()("seed", po::value<std::int64_t>()->default_value(1)->value_name("N"),
              "of the random weights");
    set.add()("list", "list the shapes that have a name");
    for (const runtime::ShapeField& field : runtime::shape_fields())
        set.add()(flag(field).c_str(), po::value<std::string>()->value_name("X"), field.help);
    return set;
}

void override_fields(runtime::ModelShape& shape, const po::variables_map& values) {
    for (const runtime::ShapeField& field : runtime::shape_fields()) {
        const std::string name = flag(field);
        if (values.count(name) == 0) continue;
        try {
            field.set(shape, values[name].as<std::string>());
        } catch (const InputError& error) {
            throw InputError(fmt::format("--{}: {}", name, error.what()));
        }
    }
}

std::int64_t parameters(const runtime::ModelShape& shape) {
    std::int64_t sum = 0;
    for (const runtime::ModelTensor& tensor : runtime::model_tensors(shape))
        sum += tensor.shape.values();
    return sum;
}

void list_shapes() {
    for (const std::string& name : shape_names()) {
        const runtime::ModelShape shape = load_shape(name);
        std::cout << fmt::format("{:<16} {:<8} {:>6.0f} M parameters\n", name, shape.architecture,
                                 double(parameters(shape)) / 1e6);
    }
}

}  // namespace

Exit run_model_make(const Arguments& arguments) {
    const OptionSet set = options();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    if (values.count("list") != 0) {
        list_shapes();
        return Exit::ok;
    }
    if (values.count("spec") == 0)
        throw InputError("SHAPE:FORMAT is missing; see 'edgeroof model make --help'");
    if (values.count("output") == 0)
        throw InputError("-o FILE is missing; see 'edgeroof model make --help'");
    const ModelSpec spec = parse_model_spec(values["spec"].as<Arguments>().front());
    runtime::ModelShape shape = load_shape(spec.shape);
    override_fields(shape, values);
    const std::int64_t seed = checked("seed", values["seed"].as<std::int64_t>(), 0, INT64_MAX);
    const std::string output = values["output"].as<std::string>();
    {
        WriteProgress progress(output);
        runtime::make_model(shape, spec.format, static_cast<std::uint64_t>(seed), output,
                            progress.callback());
    }
    std::cout << summary_line(output, runtime::audit(runtime::GgufFile(output)));
    return Exit::ok;
}

}  // namespace edgeroof::harness
