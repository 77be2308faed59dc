// SPDX-License-Identifier: Apache-2.0
// Operators over whole rows: norms, softmax, argmax.
#pragma once

#include "kernels/cpu/body/elementwise.hpp"

namespace edgeroof::cpu {
namespace {

/// Sum of f(vector) over a row, in four chains to cover the latency of the addition.
template <class Function>
EDGEROOF_INLINE float sum_of(const float* x, std::int64_t count, Function f) {
    F sums[4] = {set1(0.0F), set1(0.0F), set1(0.0F), set1(0.0F)};
    std::int64_t i = 0;
    for (; i + 4 * width <= count; i += 4 * width)
        for (int j = 0; j < 4; ++j) sums[j] = f(load(x + i + j * width), sums[j]);
    float tail = 0.0F;
    for (; i + width <= count; i += width) sums[0] = f(load(x + i), sums[0]);
    float total = sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < count; ++i) {
        float lanes[width];
        store(lanes, f(set1(x[i]), set1(0.0F)));
        tail += lanes[0];
    }
    return total + tail;
}

void rms_norm(const float* x, const float* weight, float* out, std::int64_t count, float epsilon) {
    const float squares = sum_of(x, count, [](F v, F s) { return fma(v, v, s); });
    const F factor = set1(1.0F / __builtin_sqrtf(squares / static_cast<float>(count) + epsilon));
    EDGEROOF_EACH(count, i, get, put) { put(out + i, get(x + i) * factor * get(weight + i)); });
}

void layer_norm(const float* x, const float* weight, const float* bias, float* out,
                std::int64_t count, float epsilon) {
    const float mean = sum_of(x, count, [](F v, F s) { return s + v; }) / static_cast<float>(count);
    const F center = set1(mean);
    const float squares = sum_of(x, count, [center](F v, F s) {
        const F off = v - center;
        return fma(off, off, s);
    });
    const F factor = set1(1.0F / __builtin_sqrtf(squares / static_cast<float>(count) + epsilon));
    EDGEROOF_EACH(count, i, get, put) {
        const F value = (get(x + i) - center) * factor * get(weight + i);
        put(out + i, bias ? value + get(bias + i) : value);
    });
}

EDGEROOF_INLINE float greatest_of(const float* x, std::int64_t count) {
    F top = set1(-__builtin_inff());
    std::int64_t i = 0;
    for (; i + width <= count; i += width) top = cpu::max(load(x + i), top);
    float best = maximum(top);
    for (; i < count; ++i) best = x[i] > best ? x[i] : best;
    return best;
}

void softmax(const float* x, float* out, std::int64_t count) {
    const F shift = set1(greatest_of(x, count));
    EDGEROOF_EACH(count, i, get, put) { put(out + i, exp(get(x + i) - shift)); });
    const F inverse = set1(1.0F / sum_of(out, count, [](F v, F s) { return s + v; }));
    EDGEROOF_EACH(count, i, get, put) { put(out + i, get(out + i) * inverse); });
}

std::int64_t argmax(const float* x, std::int64_t count) {
    const float best = greatest_of(x, count);
    for (std::int64_t i = 0; i < count; ++i)
        if (x[i] == best) return i;
    return 0;
}

}  // namespace
}  // namespace edgeroof::cpu
