// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edgeroof::runtime {

/// The symbols of a text that is being merged: a list linked both ways within a vector, so that a
/// merge costs the same wherever it happens.
template <typename Value>
class SymbolChain {
  public:
    using Index = std::int32_t;
    static constexpr Index none = -1;

    struct Symbol {
        Index previous, next;
        Value value;
        bool merged = false;  ///< into its left neighbour
    };

    void clear() { symbols_.clear(); }
    void append(Value value) {
        const auto index = static_cast<Index>(symbols_.size());
        if (index > 0) symbols_.back().next = index;
        symbols_.push_back({index - 1, none, value});
    }
    bool empty() const { return symbols_.empty(); }
    Index size() const { return static_cast<Index>(symbols_.size()); }
    const Symbol& operator[](Index index) const {
        return symbols_[static_cast<std::size_t>(index)];
    }

    /// Puts `value` in place of the symbol and its right neighbour.
    void merge_with_next(Index left, Value value) {
        Symbol& symbol = symbols_[static_cast<std::size_t>(left)];
        Symbol& right = symbols_[static_cast<std::size_t>(symbol.next)];
        right.merged = true;
        symbol.value = value;
        symbol.next = right.next;
        if (right.next != none) symbols_[static_cast<std::size_t>(right.next)].previous = left;
    }

  private:
    std::vector<Symbol> symbols_;
};

}  // namespace edgeroof::runtime
