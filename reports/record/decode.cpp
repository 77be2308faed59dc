// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "reports/record/check.hpp"
#include "reports/record/fields.hpp"
#include "reports/record/json.hpp"
#include "reports/record/names.hpp"
#include "reports/record/record_file.hpp"

namespace edgeroof::reports {
namespace {

using nlohmann::json;

// Numbers, and beginnings and ends of arrays and objects. Bounds the memory of hostile text to
// about 700 MB: an empty object is two of them and takes 80 bytes.
constexpr std::size_t max_values = 16'000'000;
constexpr int max_depth = 12;

/// Where a value stands in the document: a linked list towards the root, written out for errors.
struct Place {
    const Place* parent = nullptr;
    std::string_view key{};
    std::size_t index = 0;

    std::string pointer() const {
        if (parent == nullptr) return "";
        if (key.data() == nullptr) return parent->pointer() + fmt::format("/{}", index);
        std::string text = parent->pointer() + '/';
        for (const char c : key) {  // RFC 6901
            if (c == '~')
                text += "~0";
            else if (c == '/')
                text += "~1";
            else
                text += c;
        }
        return text;
    }
};

class Decoder {
  public:
    Decoder(const json& node, const Place& place, std::string_view origin)
        : node_(node), place_(place), origin_(origin) {}

    /// Reads a member of this object.
    template <class T>
    void operator()(const char* key, T& value) const {
        const auto found = node_.find(key);
        const Place place{&place_, key};
        if (found == node_.end()) Decoder(node_, place, origin_).fail("missing");
        Decoder(*found, place, origin_).value(value);
    }
    template <class T>
    void operator()(const char* key, std::optional<T>& value) const {
        value.reset();
        const auto found = node_.find(key);
        if (found == node_.end()) return;
        const Place place{&place_, key};
        Decoder(*found, place, origin_).value(value.emplace());
    }

    template <class T>
    void value(T& out) const {
        if constexpr (std::is_same_v<T, bool>) {
            require(node_.is_boolean(), "true or false");
            out = node_.get<bool>();
        } else if constexpr (std::is_integral_v<T>) {
            integer(out);
        } else if constexpr (std::is_same_v<T, double>) {
            require(node_.is_number(), "a number");
            out = node_.get<double>();
        } else if constexpr (std::is_same_v<T, std::string>) {
            require(node_.is_string(), "a string");
            out = node_.get_ref<const std::string&>();
        } else if constexpr (std::is_enum_v<T>) {
            enumeration(out);
        } else {
            require(node_.is_object(), "an object");
            fields(*this, out);
        }
    }
    template <class T>
    void value(std::vector<T>& out) const {
        require(node_.is_array(), "an array");
        out.clear();
        for (std::size_t i = 0; i < node_.size(); ++i) {
            const Place place{&place_, {}, i};
            Decoder(node_[i], place, origin_).value(out.emplace_back());
        }
    }
    void value(std::vector<Sample>& out) const {
        columns(out, "start_ns", &Sample::start_ns, "ns", &Sample::ns);
    }
    void value(std::vector<Reading>& out) const {
        columns(out, "t_ns", &Reading::t_ns, "value", &Reading::value);
    }
    template <class T>
    void value(std::map<std::string, T>& out) const {
        require(node_.is_object(), "an object");
        out.clear();
        for (const auto& [key, node] : node_.items()) {
            const Place place{&place_, key};
            Decoder(node, place, origin_).value(out[key]);
        }
    }

  private:
    template <class Row, class A, class B>
    void columns(std::vector<Row>& out, const char* a_key, A Row::*a, const char* b_key,
                 B Row::*b) const {
        require(node_.is_object(), "an object");
        std::vector<A> first;
        std::vector<B> second;
        (*this)(a_key, first);
        (*this)(b_key, second);
        require(first.size() == second.size(), "two columns of one length");
        out.clear();
        for (std::size_t i = 0; i < first.size(); ++i) {
            Row& row = out.emplace_back();
            row.*a = first[i];
            row.*b = second[i];
        }
    }

    template <class T>
    void integer(T& out) const {
        require(node_.is_number_integer(), "an integer");
        const bool fits = node_.is_number_unsigned() ? std::in_range<T>(node_.get<std::uint64_t>())
                                                     : std::in_range<T>(node_.get<std::int64_t>());
        require(fits, fmt::format("between {} and {}", std::numeric_limits<T>::min(),
                                  std::numeric_limits<T>::max()));
        out = node_.get<T>();
    }

    template <class Enum>
    void enumeration(Enum& out) const {
        require(node_.is_string(), "a string");
        const auto names = names_of(Enum{});
        const auto found = std::ranges::find(names, node_.get_ref<const std::string&>());
        require(found != names.end(), fmt::format("one of {}", fmt::join(names, ", ")));
        out = static_cast<Enum>(found - names.begin());
    }

    void require(bool holds, std::string_view what) const {
        if (!holds) fail(fmt::format("must be {}", what));
    }
    [[noreturn]] void fail(std::string_view what) const {
        throw RecordError(fmt::format("{}: {}: {}", origin_, place_.pointer(), what));
    }

    const json& node_;
    const Place& place_;
    std::string_view origin_;
};

template <class T>
void decode_root(const json& node, T& out, std::string_view origin) {
    const Place root;
    Decoder(node, root, origin).value(out);
}

constexpr std::span<const Migration> migrations{};  // version 1 is the first
static_assert(migrations.size() + 1 == schema_version);

}  // namespace

void decode(const json& node, Record& record, std::string_view origin) {
    decode_root(node, record, origin);
}
void decode(const json& node, Measurement& measurement, std::string_view origin) {
    decode_root(node, measurement, origin);
}
void decode(const json& node, Sensor& sensor, std::string_view origin) {
    decode_root(node, sensor, origin);
}
void decode(const json& node, Absence& absence, std::string_view origin) {
    decode_root(node, absence, origin);
}

json parse_bounded(std::string_view text, std::string_view origin) {
    std::size_t values = 0;
    std::vector<std::set<std::string>> keys;
    const auto fail = [&](std::string_view what) {
        throw RecordError(fmt::format("{}: {}", origin, what));
    };
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > max_depth) fail(fmt::format("more than {} levels of nesting", max_depth));
        if (++values > max_values) fail(fmt::format("more than {} values", max_values));
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key &&
            !keys.back().insert(parsed.get_ref<const std::string&>()).second)
            fail(fmt::format("the key {} occurs twice in one object", parsed.dump()));
        return true;
    };
    try {
        return json::parse(text, watch);
    } catch (const json::exception& error) {
        throw RecordError(fmt::format("{}: not JSON: {}", origin, error.what()));
    }
}

void migrate(json& document, std::span<const Migration> steps, std::string_view origin) {
    const auto fail = [&](std::string_view what) {
        throw RecordError(fmt::format("{}: {}", origin, what));
    };
    if (!document.is_object() || document.value("schema", json()) != schema_name)
        fail(fmt::format("/schema: must be \"{}\": this is not a record of edgeroof", schema_name));
    const auto found = document.find("version");
    if (found == document.end() || !found->is_number_integer() || *found < 1)
        fail("/version: must be a positive integer");
    const auto newest = steps.size() + 1;
    auto version = found->get<std::uint64_t>();
    if (version > newest)
        fail(fmt::format("/version: {} is newer than this program knows ({}): use a newer edgeroof",
                         version, newest));
    for (; version < newest; ++version) steps[version - 1](document);
    document["version"] = newest;
}

Record from_json(std::string_view text, std::string_view origin) {
    json document = parse_bounded(text, origin);
    migrate(document, migrations, origin);
    Record record;
    decode(document, record, origin);
    check(record, origin);
    return record;
}

}  // namespace edgeroof::reports
