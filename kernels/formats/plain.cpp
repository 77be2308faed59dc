// SPDX-License-Identifier: Apache-2.0
//
// Formats without blocks: F32, F16, BF16, I32. half.hpp says how values round.
#include "kernels/formats/codecs.hpp"

namespace edgeroof {
namespace {

/// `convert` is a template argument, so that the loop holds no call and is vectorised.
template <class Stored, auto convert>
void decode_each(const std::byte* in, float* out, std::size_t values) {
    for (std::size_t i = 0; i < values; ++i) {
        Stored stored;
        std::memcpy(&stored, in + i * sizeof stored, sizeof stored);
        out[i] = convert(stored);
    }
}

template <class Stored, auto convert>
void encode_each(const float* in, std::byte* out, std::size_t values) {
    for (std::size_t i = 0; i < values; ++i) {
        const Stored stored = convert(in[i]);
        std::memcpy(out + i * sizeof stored, &stored, sizeof stored);
    }
}

}  // namespace

void decode_f32(const std::byte* in, float* out, std::size_t values) {
    std::memcpy(out, in, values * sizeof(float));
}

void encode_f32(const float* in, std::byte* out, std::size_t values) {
    std::memcpy(out, in, values * sizeof(float));
}

void decode_f16(const std::byte* in, float* out, std::size_t values) {
    decode_each<std::uint16_t, [](std::uint16_t half) { return half_to_float(half); }>(in, out,
                                                                                       values);
}

void encode_f16(const float* in, std::byte* out, std::size_t values) {
    encode_each<std::uint16_t, [](float value) { return float_to_half(value); }>(in, out, values);
}

void decode_bf16(const std::byte* in, float* out, std::size_t values) {
    decode_each<std::uint16_t, [](std::uint16_t bfloat) { return bfloat_to_float(bfloat); }>(
        in, out, values);
}

void encode_bf16(const float* in, std::byte* out, std::size_t values) {
    encode_each<std::uint16_t, [](float value) { return float_to_bfloat(value); }>(in, out, values);
}

void decode_i32(const std::byte* in, float* out, std::size_t values) {
    decode_each<std::int32_t, [](std::int32_t integer) { return static_cast<float>(integer); }>(
        in, out, values);
}

/// To the nearest integer, ties to even; saturates; NaN becomes 0.
void encode_i32(const float* in, std::byte* out, std::size_t values) {
    encode_each<std::int32_t, [](float value) {
        const double nearest = std::isnan(value) ? 0.0 : std::nearbyint(double{value});
        return static_cast<std::int32_t>(std::clamp(nearest, -0x1p31, 0x1p31 - 1));
    }>(in, out, values);
}

}  // namespace edgeroof
