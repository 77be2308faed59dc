// SPDX-License-Identifier: Apache-2.0
#include "harness/model_files.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "harness/commands/model_progress.hpp"
#include "harness/model_shape.hpp"
#include "harness/sha256.hpp"
#include "harness/strict_yaml.hpp"
#include "kernels/error.hpp"
#include "runtime/mapped_file.hpp"
#include "runtime/model_audit.hpp"
#include "runtime/model_maker.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t seed = 1;

const char* environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

/// The name says shape and format to people; the key tells apart what differs in anything else.
fs::path cached_path(const ModelSpec& spec) {
    std::string identity = fmt::format("{} {} {} {}", runtime::model_maker_version, spec.shape,
                                       traits(spec.format).name, seed);
    if (const auto file = shape_file(spec.shape)) identity += read_text_file(*file, 64 * 1024);
    const std::string key = sha256(std::as_bytes(std::span(identity))).substr(0, 12);
    return model_cache() / fmt::format("{}-{}-{}.gguf", fs::path(spec.shape).stem().string(),
                                       traits(spec.format).name, key);
}

fs::path made_model(const std::string& text, const std::function<void(const std::string&)>& note) {
    const ModelSpec spec = parse_model_spec(text);
    const runtime::ModelShape shape = load_shape(spec.shape);
    fs::path path = cached_path(spec);
    std::error_code error;
    if (fs::is_regular_file(path, error)) return path;
    fs::create_directories(path.parent_path(), error);
    if (error)
        throw InputError(
            fmt::format("{}: can't be made: {}; EDGEROOF_CACHE may name another folder",
                        path.parent_path().string(), error.message()));
    std::optional<WriteProgress> progress;
    if (note) {
        note(fmt::format("making {} (kept in {})", text, path.string()));
        progress.emplace(text);
    }
    runtime::make_model(shape, spec.format, seed, path,
                        progress ? progress->callback() : runtime::Progress{});
    return path;
}

}  // namespace

fs::path model_cache() {
    if (const char* folder = environment("EDGEROOF_CACHE")) return fs::path(folder) / "models";
    if (const char* folder = environment("XDG_CACHE_HOME"))
        return fs::path(folder) / "edgeroof" / "models";
    if (const char* home = environment("HOME"))
        return fs::path(home) / ".cache" / "edgeroof" / "models";
    throw InputError(
        "no folder for models that are made: set HOME, XDG_CACHE_HOME or "
        "EDGEROOF_CACHE");
}

fs::path find_model(const std::string& text, const std::function<void(const std::string&)>& note) {
    std::error_code error;
    if (fs::exists(text, error)) return text;
    const bool looks_like_spec =
        text.find(':') != std::string::npos && text.find('/') == std::string::npos;
    if (is_model_spec(text) || looks_like_spec) return made_model(text, note);
    return text;
}

std::uint64_t LoadedModel::tensor_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [format, size] : facts.tensor_bytes) bytes += size;
    return bytes;
}

LoadedModel load_model(const fs::path& path, const std::string& label, bool hash) {
    LoadedModel loaded;
    auto file = std::make_shared<const runtime::GgufFile>(path);
    const runtime::ModelAudit audit = runtime::audit(*file);
    loaded.model = std::make_shared<const runtime::Model>(file);
    reports::Model& facts = loaded.facts;
    facts.id = facts.label = label;
    facts.path = path.string();
    facts.architecture = audit.architecture;
    facts.parameters = audit.parameters;
    facts.file_bytes = file->file_bytes();
    for (const runtime::FormatShare& share : audit.formats)
        facts.tensor_bytes[share.name] = share.bytes;
    facts.context_length = loaded.model->parameters().context;
    // `model make` writes so.
    facts.random_weights = audit.name.ends_with("(random weights)");
    if (hash) {
        facts.hash = sha256(runtime::MappedFile(path).bytes());
        facts.hash_method = "sha256";
    }
    return loaded;
}

}  // namespace edgeroof::harness
