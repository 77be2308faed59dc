// SPDX-License-Identifier: Apache-2.0
// The operators, compiled under the flags of the translation unit that includes this.
#pragma once

#include "kernels/cpu/body/attention.hpp"
#include "kernels/cpu/body/elementwise.hpp"
#include "kernels/cpu/body/kv_store.hpp"
#include "kernels/cpu/body/rows.hpp"
#include "kernels/cpu/ops.hpp"

namespace edgeroof::cpu {
namespace {

constexpr Ops table_of(Isa isa) {
    return {
        .isa = isa,
        .rms_norm = rms_norm,
        .layer_norm = layer_norm,
        .rope = rope,
        .kv_store = kv_store,
        .attention = {attention_scratch_floats, attention_run, attention_merge, attention_finish},
        .gated = {gated<Silu>, gated<GeluTanh>, gated<GeluErf>},
        .unary = {unary<Silu>, unary<GeluTanh>, unary<GeluErf>},
        .add = add,
        .scale = scale,
        .soft_cap = soft_cap,
        .softmax = softmax,
        .argmax = argmax};
}

}  // namespace
}  // namespace edgeroof::cpu
