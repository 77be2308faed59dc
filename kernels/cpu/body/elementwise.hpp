// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/ops.hpp"
#include "kernels/cpu/simd/math.hpp"

#define EDGEROOF_EACH(count, i, get, put)                                                        \
    for_vectors(count, [&](std::int64_t i, [[maybe_unused]] auto get, [[maybe_unused]] auto put) \
                           __attribute__((always_inline))

namespace edgeroof::cpu {
namespace {

struct Silu {
    static EDGEROOF_INLINE F of(F x) { return x / (set1(1.0F) + exp(set1(0.0F) - x)); }
};

/// Hendrycks and Gimpel 2016, arXiv:1606.08415: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
struct GeluTanh {
    static EDGEROOF_INLINE F of(F x) {
        const F inner = fma(x * x * x, set1(0.044715F), x) * set1(0.797884561F);
        const F half = set1(0.5F) * x;
        return fma(half, tanh(inner), half);
    }
};

struct GeluErf {
    static EDGEROOF_INLINE F of(F x) {
        const F half = set1(0.5F) * x;
        return fma(half, erf(x * set1(0.707106781F)), half);
    }
};

template <class Function>
void gated(const float* gate, const float* up, float* out, std::int64_t count) {
    EDGEROOF_EACH(count, i, get, put) { put(out + i, Function::of(get(gate + i)) * get(up + i)); });
}

template <class Function>
void unary(const float* x, float* out, std::int64_t count) {
    EDGEROOF_EACH(count, i, get, put) { put(out + i, Function::of(get(x + i))); });
}

void add(const float* a, const float* b, float* out, std::int64_t count) {
    EDGEROOF_EACH(count, i, get, put) { put(out + i, get(a + i) + get(b + i)); });
}

void scale(const float* x, float* out, std::int64_t count, float factor) {
    const F by = set1(factor);
    EDGEROOF_EACH(count, i, get, put) { put(out + i, get(x + i) * by); });
}

void soft_cap(const float* x, float* out, std::int64_t count, float cap) {
    const F by = set1(cap), inverse = set1(1.0F / cap);
    EDGEROOF_EACH(count, i, get, put) { put(out + i, by * tanh(get(x + i) * inverse)); });
}

void rope(const RopeArgs& args) {
    const std::int64_t pairs = args.dims / 2;
    const float *cosines = args.table, *sines = args.table + pairs;
    for (std::int64_t head = 0; head < args.heads; ++head) {
        const float* x = args.x + head * args.head;
        float* out = args.out + head * args.head;
        if (args.halves) {
            EDGEROOF_EACH(pairs, i, get, put) {
                const F a = get(x + i), b = get(x + pairs + i);
                const F c = get(cosines + i), s = get(sines + i);
                put(out + i, a * c - b * s);
                put(out + pairs + i, fma(a, s, b * c));
            });
        } else {
            for (std::int64_t i = 0; i < pairs; ++i) {
                const float a = x[2 * i], b = x[2 * i + 1];
                out[2 * i] = a * cosines[i] - b * sines[i];
                out[2 * i + 1] = a * sines[i] + b * cosines[i];
            }
        }
        EDGEROOF_EACH(args.head - args.dims, i, get, put) {
            put(out + args.dims + i, get(x + args.dims + i));
        });
    }
}

}  // namespace
}  // namespace edgeroof::cpu
