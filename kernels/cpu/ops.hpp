// SPDX-License-Identifier: Apache-2.0
//
// Every operator but matmul on a CPU, as functions of one thread's share of the work: a table of
// them per ISA path. Splitting over threads is the device's business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/attention.hpp"
#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/kv_layout.hpp"

namespace edgeroof::cpu {

/// Rotation of one token's heads; sin and cos of each pair's angle are in `table`: cos of dims / 2
/// pairs, then as many sines.
struct RopeArgs {
    const float* x;      ///< {head, heads}
    const float* table;  ///< {dims}
    float* out;          ///< {head, heads}
    std::int64_t head;
    std::int64_t heads;
    std::int64_t dims;
    bool halves;  ///< pairs (i, i + dims/2), else (2i, 2i + 1)
};

/// Writes heads [head_begin, head_end) of tokens [begin, end) of x{row, n} at cache rows position
/// + begin ...
struct KvStoreArgs {
    const float* x;  ///< of token 0
    std::byte* cache;
    KvLayout layout;
    std::int64_t position;
    std::int64_t begin, end;
    std::int64_t head_begin, head_end;
};

struct Ops {
    Isa isa;
    void (*rms_norm)(const float* x, const float* weight, float* out, std::int64_t count,
                     float epsilon);
    /// bias may be null.
    void (*layer_norm)(const float* x, const float* weight, const float* bias, float* out,
                       std::int64_t count, float epsilon);
    void (*rope)(const RopeArgs& args);
    void (*kv_store)(const KvStoreArgs& args);
    AttentionKernel attention;
    /// By edgeroof::Activation: silu, gelu_tanh, gelu_erf.
    void (*gated[3])(const float* gate, const float* up, float* out, std::int64_t count);
    void (*unary[3])(const float* x, float* out, std::int64_t count);
    void (*add)(const float* a, const float* b, float* out, std::int64_t count);
    void (*scale)(const float* x, float* out, std::int64_t count, float factor);
    void (*soft_cap)(const float* x, float* out, std::int64_t count, float cap);
    void (*softmax)(const float* x, float* out, std::int64_t count);
    /// The lowest index of the greatest value; NaNs are passed over.
    std::int64_t (*argmax)(const float* x, std::int64_t count);
};

/// The table of `isa`, or of the nearest path below that has one of its own.
const Ops& ops(Isa isa);

}  // namespace edgeroof::cpu
