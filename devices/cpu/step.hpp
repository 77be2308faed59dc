// SPDX-License-Identifier: Apache-2.0
//
// What a compiled graph is made of: steps that every thread runs in order, each doing its share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "devices/cpu/shares.hpp"
#include "devices/device.hpp"

namespace edgeroof::cpu {

/// A buffer of the activation arena: one for all threads, or one for each.
using Slot = std::uint32_t;

/// What one thread sees of a running step.
struct Lane {
    int thread = 0;
    int threads = 1;
    const Shares* shares = nullptr;
    std::int64_t position = 0;
    std::int32_t sequence = 0;
    std::byte* arena = nullptr;
    /// Of this thread's slots in the arena; those of all threads lie one after the other.
    const std::size_t* offsets = nullptr;
    std::size_t slots = 0;

    std::byte* bytes(Slot slot) const { return arena + offsets[slot]; }
    float* floats(Slot slot) const { return reinterpret_cast<float*>(bytes(slot)); }
    /// Another thread's copy of a slot that every thread has its own of.
    std::byte* bytes_of(int other, Slot slot) const {
        return arena + offsets[(other - thread) * static_cast<std::ptrdiff_t>(slots) + slot];
    }
};

/// How a step's work, `total` items in groups of `group`, is shared out. Two steps with equal
/// splits give each thread the same items.
struct Split {
    std::int64_t total = 0;
    std::int64_t group = 1;
    bool operator==(const Split&) const = default;

    Range of(int thread, const Shares& shares) const {
        const Range groups = shares.of(thread, (total + group - 1) / group);
        return {std::min(total, groups.begin * group), std::min(total, groups.end * group)};
    }
    Range of(const Lane& lane) const { return of(lane.thread, *lane.shares); }
};

/// What a step reads or writes in the arena, so that barriers are put only where a thread may
/// depend on another.
struct Access {
    Slot slot;
    bool write;
    /// The items of the split are equal parts of the slot's bytes, and a thread touches only its
    /// own. Empty total: any thread may touch all of it.
    Split split{};
    /// Of a slot that every thread has its own of: other threads' copies are touched too.
    bool others = false;
};

/// One operator, a part of one, or several fused.
class CpuStep {
  public:
    virtual ~CpuStep() = default;
    /// Does lane.thread's share. Never throws, allocates or blocks (but in barriers of its own).
    virtual void run(const Lane& lane) const = 0;
    /// Operations of PeakCompute; 0 for all others.
    virtual std::uint64_t roof_operations() const { return 0; }

    std::vector<std::size_t> ops;  ///< indices into Graph::ops
    std::vector<Access> accesses;
    /// Every thread must have finished all earlier steps.
    bool barrier_before = true;
};

}  // namespace edgeroof::cpu
