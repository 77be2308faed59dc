// SPDX-License-Identifier: Apache-2.0
#include "harness/strict_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;
constexpr std::size_t most_depth = 16;
constexpr std::size_t most_nodes = 4096;

InputError error_at(const std::string& file, const YAML::Mark& mark, std::string_view what) {
    if (mark.is_null()) return InputError(fmt::format("{}: {}", file, what));
    return InputError(fmt::format("{}:{}:{}: {}", file, mark.line + 1, mark.column + 1, what));
}

/// Walks the events of a document before any tree is built and counts what the tree would hold if
/// every alias were written out: a few lines of nested aliases stand for billions of nodes.
class Budget final : public YAML::EventHandler {
  public:
    explicit Budget(const std::string& file) : file_(file) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, 1); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string&) override {
        leaf(mark, anchor, 1);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = sizes_.find(anchor);
        if (found == sizes_.end()) throw error_at(file_, mark, "an alias within what it names");
        leaf(mark, 0, found->second);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    void count(const YAML::Mark& mark, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > most_nodes)
            throw error_at(file_, mark,
                           fmt::format("more than {} values, aliases written out", most_nodes));
    }
    void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, std::size_t nodes) {
        count(mark, nodes);
        if (anchor != 0) sizes_[anchor] = nodes;
    }
    void open(const YAML::Mark& mark, YAML::anchor_t anchor) {
        open_.push_back({anchor, nodes_});
        count(mark, 1);
        if (open_.size() > most_depth)
            throw error_at(file_, mark, fmt::format("nested deeper than {} levels", most_depth));
    }
    void close() {
        const auto [anchor, before] = open_.back();
        open_.pop_back();
        if (anchor != 0) sizes_[anchor] = nodes_ - before;
    }

    const std::string& file_;
    std::size_t nodes_ = 0;
    std::vector<std::pair<YAML::anchor_t, std::size_t>> open_;
    std::map<YAML::anchor_t, std::size_t> sizes_;
};

std::string_view kind_of(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Map:
            return "a map";
        case YAML::NodeType::Sequence:
            return "a list";
        case YAML::NodeType::Scalar:
            return "a value";
        default:
            return "empty";
    }
}

}  // namespace

YamlValue::YamlValue(YAML::Node node, std::shared_ptr<const std::string> file, std::string path)
    : node_(std::move(node)), file_(std::move(file)), path_(std::move(path)) {}

YamlValue YamlValue::parse(const std::string& text, const std::string& file) {
    if (text.size() > most_bytes)
        throw InputError(
            fmt::format("{}: {} bytes; the limit is {}", file, text.size(), most_bytes));
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        Budget budget(file);
        if (!parser.HandleNextDocument(budget)) throw InputError(file + ": empty");
        Budget second(file);
        if (parser.HandleNextDocument(second)) throw InputError(file + ": more than one document");
        return {YAML::Load(text), std::make_shared<const std::string>(file), ""};
    } catch (const YAML::Exception& error) {
        throw error_at(file, error.mark, error.msg);
    }
}

void YamlValue::fail(std::string_view what) const {
    throw error_at(*file_, node_.Mark(),
                   path_.empty() ? std::string(what) : fmt::format("{}: {}", path_, what));
}

std::string YamlValue::scalar(std::string_view wanted) const {
    if (!node_.IsScalar()) fail(fmt::format("{} where {} is wanted", kind_of(node_), wanted));
    return node_.Scalar();
}

std::string YamlValue::text(std::size_t longest) const {
    std::string value = scalar("text");
    if (value.empty()) fail("empty");
    if (value.size() > longest) fail(fmt::format("longer than {} bytes", longest));
    return value;
}

std::int64_t YamlValue::integer(std::int64_t least, std::int64_t most) const {
    const std::string value = scalar("a whole number");
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    // A quoted value has the tag "!": it is text, whatever it looks like.
    if (error != std::errc{} || end != value.data() + value.size() || node_.Tag() == "!")
        fail(fmt::format("'{}' is no whole number", value));
    if (number < least || number > most)
        fail(fmt::format("{} is not within {} to {}", number, least, most));
    return number;
}

double YamlValue::number(double least, double most) const {
    const std::string value = scalar("a number");
    double number = 0.0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || node_.Tag() == "!" ||
        !std::isfinite(number))
        fail(fmt::format("'{}' is no number", value));
    if (number < least || number > most)
        fail(fmt::format("{} is not within {} to {}", value, least, most));
    return number;
}

bool YamlValue::boolean() const {
    const std::string value = scalar("true or false");
    if ((value != "true" && value != "false") || node_.Tag() == "!")
        fail(fmt::format("'{}' is neither true nor false", value));
    return value == "true";
}

std::string YamlValue::choice(const std::vector<std::string_view>& choices) const {
    std::string value = scalar("a word");
    for (const std::string_view choice : choices)
        if (value == choice) return value;
    fail(fmt::format("'{}' is none of: {}", value, fmt::join(choices, ", ")));
}

std::vector<YamlValue> YamlValue::list(std::size_t least, std::size_t most) const {
    if (!node_.IsSequence()) fail(fmt::format("{} where a list is wanted", kind_of(node_)));
    if (node_.size() < least || node_.size() > most)
        fail(fmt::format("{} entries; {} to {} are wanted", node_.size(), least, most));
    std::vector<YamlValue> values;
    for (std::size_t i = 0; i < node_.size(); ++i)
        values.push_back({node_[i], file_, fmt::format("{}[{}]", path_, i)});
    return values;
}

YamlMap YamlValue::map() const { return YamlMap(*this); }

YamlMap::YamlMap(YamlValue map) : map_(std::move(map)) {
    if (!map_.node_.IsMap())
        map_.fail(fmt::format("{} where a map is wanted", kind_of(map_.node_)));
    std::set<std::string> seen;
    for (const auto& entry : map_.node_) {
        if (!entry.first.IsScalar())
            throw error_at(*map_.file_, entry.first.Mark(), "a key that is no word");
        if (!seen.insert(entry.first.Scalar()).second)
            throw error_at(*map_.file_, entry.first.Mark(),
                           fmt::format("'{}' stands here twice", entry.first.Scalar()));
    }
}

std::optional<YamlValue> YamlMap::find(const char* key) {
    known_.insert(key);
    const YAML::Node& map = map_.node_;
    const YAML::Node child = map[key];
    if (!child) return std::nullopt;
    return YamlValue(child, map_.file_,
                     map_.path_.empty() ? key : fmt::format("{}.{}", map_.path_, key));
}

YamlValue YamlMap::need(const char* key) {
    if (auto value = find(key)) return *value;
    map_.fail(fmt::format("'{}' is missing", key));
}

void YamlMap::finish() const {
    for (const auto& entry : map_.node_)
        if (known_.count(entry.first.Scalar()) == 0)
            throw error_at(*map_.file_, entry.first.Mark(),
                           fmt::format("{}: unknown key; known here: {}",
                                       map_.path_.empty()
                                           ? entry.first.Scalar()
                                           : fmt::format("{}.{}", map_.path_, entry.first.Scalar()),
                                       fmt::join(known_, ", ")));
}

std::string read_text_file(const std::filesystem::path& path, std::size_t limit) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        throw InputError(fmt::format("{}: no such file", path.string()));
    if (!std::filesystem::is_regular_file(status))
        throw InputError(fmt::format(
            "{}: {}", path.string(),
            std::filesystem::is_directory(status) ? "a folder, not a file" : "no regular file"));
    std::ifstream stream(path, std::ios::binary);
    std::string text(limit + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad() || (!stream.eof() && stream.fail()) || !stream.is_open())
        throw InputError(fmt::format("{}: can't be read", path.string()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > limit)
        throw InputError(fmt::format("{}: larger than {} bytes", path.string(), limit));
    return text;
}

}  // namespace edgeroof::harness
