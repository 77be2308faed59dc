// SPDX-License-Identifier: Apache-2.0
//
// A record in which every optional field is there and every list has one element; strings are what
// the caller says. For tests that have to meet each field once.
#pragma once

#include <string>

#include "reports/record/fields.hpp"

namespace edgeroof::reports::testing {

class Filler {
  public:
    explicit Filler(std::string text) : text_(std::move(text)) {}

    template <class T>
    void operator()(const char*, T& value) {
        fill(value);
    }

    template <class T>
    void fill(T& value) {
        if constexpr (std::is_same_v<T, std::string>)
            value = text_;
        else if constexpr (std::is_same_v<T, bool>)
            value = true;
        else if constexpr (std::is_arithmetic_v<T>)
            value = T{1};
        else if constexpr (std::is_enum_v<T>)
            value = T{};
        else if constexpr (std::is_same_v<T, Sample>)
            value = {1'000'000, 2'000'000};
        else if constexpr (std::is_same_v<T, Reading>)
            value = {1'000'000, 2.5};
        else
            fields(*this, value);
    }
    template <class T>
    void fill(std::optional<T>& value) {
        fill(value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& value) {
        fill(value.emplace_back());
    }
    template <class T>
    void fill(std::map<std::string, T>& value) {
        fill(value[text_]);
    }

  private:
    std::string text_;
};

inline Record full_record(const std::string& text) {
    Record record;
    Filler(text).fill(record);
    for (Measurement& m : record.measurements) {
        m.turns = {0};
        m.counted->interrupted = {{0}};
    }
    return record;
}

}  // namespace edgeroof::reports::testing
