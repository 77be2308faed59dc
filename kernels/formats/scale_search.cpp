// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/scale_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "kernels/formats/blocks.hpp"

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace edgeroof {
namespace {

/// Four values side by side: a vector register on every ISA.
using Lanes = float __attribute__((vector_size(16)));

Lanes load(const float* from) {
    Lanes lanes;
    std::memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

float sum(Lanes x) { return (x[0] + x[2]) + (x[1] + x[3]); }

// a < b ? a : b is one instruction of SSE, but compilers make three of it when it is of vectors.
#if defined(__SSE__)
Lanes lesser(Lanes a, Lanes b) { return _mm_min_ps(a, b); }
Lanes greater(Lanes a, Lanes b) { return _mm_max_ps(a, b); }
#else
Lanes lesser(Lanes a, Lanes b) { return a < b ? a : b; }
Lanes greater(Lanes a, Lanes b) { return a > b ? a : b; }
#endif

Lanes magnitude(Lanes x) { return greater(x, -x); }

/// round(clamp(x, low, high)), ties to even: at 1.5 * 2^23 the ulp is 1.
Lanes nearest_integer(Lanes x, float low, float high) {
    constexpr float shift = 0x1.8p23F;
    return (lesser(greater(x, Lanes{} + low), Lanes{} + high) + shift) - shift;
}

/// Values, and how much the error of each counts: |x| plus the root mean square, so that great
/// weights keep more of their precision but small ones count too.
template <int n>
struct Weighted {
    static constexpr int vectors = n / 4;
    Lanes x[vectors], w[vectors];

    explicit Weighted(const float* values) {
        Lanes squares{};
        for (int i = 0; i < vectors; ++i) {
            x[i] = load(values + 4 * i);
            squares += x[i] * x[i];
        }
        const float rms = std::sqrt(sum(squares) / n);
        for (int i = 0; i < vectors; ++i) w[i] = rms + magnitude(x[i]);
    }

    float least() const {
        Lanes all = x[0];
        for (int i = 1; i < vectors; ++i) all = lesser(all, x[i]);
        return std::min({all[0], all[1], all[2], all[3]});
    }

    float greatest() const {
        Lanes all = x[0];
        for (int i = 1; i < vectors; ++i) all = greater(all, x[i]);
        return std::max({all[0], all[1], all[2], all[3]});
    }
};

constexpr int refinements = 2;

/// Below the steps of any F16 scale, the least of which is 2^-24. Products of three sums of values
/// so small are still normal floats.
constexpr float least_extent = 0x1p-32F;

/// The affine fit of least squares for given codes, and what it takes away from the squared error
/// sum(w x^2).
struct AffineTrial {
    AffineFit fit{0.0F, 0.0F};
    float gain = 0.0F;
};

template <int n>
class AffineSearch {
  public:
    AffineSearch(const Weighted<n>& in, int last) : in_(in), last_(float(last)) {
        Lanes w{}, wx{};
        for (int i = 0; i < in_.vectors; ++i) {
            w += in_.w[i];
            wx += in_.w[i] * in_.x[i];
        }
        w_ = sum(w);
        wx_ = sum(wx);
    }

    /// Rounds to the codes of this scale and min, and fits those.
    AffineTrial trial(float inverse_scale, float min) const {
        Lanes wl{}, wll{}, wlx{};
        for (int i = 0; i < in_.vectors; ++i) {
            const Lanes code = nearest_integer((in_.x[i] + min) * inverse_scale, 0.0F, last_);
            const Lanes weighted = in_.w[i] * code;
            wl += weighted;
            wll += weighted * code;
            wlx += weighted * in_.x[i];
        }
        const float l = sum(wl), ll = sum(wll), lx = sum(wlx);
        if (!(ll > 0.0F)) return {};
        // The determinant is 0, up to rounding, where all codes are the same. Then, and where the
        // best min would be negative, the line goes through 0.
        const float determinant = w_ * ll - l * l;
        const float free_min = l * lx - ll * wx_;
        if (determinant > 0x1p-19F * w_ * ll && free_min > 0.0F) {
            const float inverse_determinant = 1.0F / determinant;
            const float scale = (w_ * lx - wx_ * l) * inverse_determinant;
            const float fitted_min = free_min * inverse_determinant;
            return {{scale, fitted_min}, scale * lx - fitted_min * wx_};
        }
        return {{lx / ll, 0.0F}, lx * lx / ll};
    }

  private:
    const Weighted<n>& in_;
    float last_, w_, wx_;
};

struct ScaleTrial {
    float scale = 0.0F;
    float gain = 0.0F;
};

/// `nearest` maps Lanes of x / scale to the nearest levels; trial scales are extreme / numerator.
template <int n, class Nearest, std::size_t count>
float search_scale(const float* values, const Nearest& nearest,
                   const std::array<float, count>& numerators) {
    const Weighted<n> in(values);
    const auto trial = [&](float inverse_scale) -> ScaleTrial {
        Lanes wll{}, wlx{};
        for (int i = 0; i < in.vectors; ++i) {
            const Lanes level = nearest(in.x[i] * inverse_scale);
            const Lanes weighted = in.w[i] * level;
            wll += weighted * level;
            wlx += weighted * in.x[i];
        }
        const float ll = sum(wll), lx = sum(wlx);
        return ll > 0.0F ? ScaleTrial{lx / ll, lx * lx / ll} : ScaleTrial{};
    };

    const float least = in.least(), greatest = in.greatest();
    const float extreme = greatest > -least ? greatest : least;
    if (std::fabs(extreme) < least_extent) return 0.0F;
    ScaleTrial best;
    for (const float numerator : numerators)
        if (const ScaleTrial next = trial(numerator / extreme); next.gain > best.gain) best = next;
    for (int i = 0; i < refinements && best.gain > 0.0F; ++i) {
        const ScaleTrial next = trial(1.0F / best.scale);
        if (!(next.gain > best.gain)) break;
        best = next;
    }
    return best.scale;
}

}  // namespace

template <int n>
AffineFit fit_affine(const float* x, int last) {
    const Weighted<n> in(x);
    const float min = std::max(-in.least(), 0.0F);
    const float extent = in.greatest() + min;
    if (extent < least_extent) return {0.0F, min};
    const AffineSearch<n> search(in, last);
    AffineTrial best;
    for (int i = -10; i <= 10; ++i) {
        const AffineTrial next = search.trial((float(last) + 0.1F * float(i)) / extent, min);
        if (next.gain > best.gain) best = next;
    }
    for (int i = 0; i < refinements && best.gain > 0.0F; ++i) {
        const AffineTrial next = search.trial(1.0F / best.fit.scale, best.fit.min);
        if (!(next.gain > best.gain)) break;
        best = next;
    }
    return best.fit;
}

template AffineFit fit_affine<16>(const float*, int);
template AffineFit fit_affine<32>(const float*, int);

template <int n>
float fit_symmetric(const float* x, int bound) {
    std::array<float, 19> numerators;
    for (int i = 0; i < 19; ++i) numerators[i] = -(float(bound) + 0.1F * float(i - 9));
    const float low = float(-bound), high = float(bound - 1);
    return search_scale<n>(
        x, [=](Lanes v) { return nearest_integer(v, low, high); }, numerators);
}

template float fit_symmetric<16>(const float*, int);

namespace {

/// The nearest code for each half step from -128: where two codes meet is a multiple of one half.
constexpr int iq4_steps = 512;
constexpr auto iq4_codes = [] {
    std::array<std::uint8_t, iq4_steps> codes{};
    int code = 0;
    for (int i = 0; i < iq4_steps; ++i) {
        const int half_steps = i - iq4_steps / 2;
        while (code < 15 && half_steps >= iq4_values[code] + iq4_values[code + 1]) ++code;
        codes[i] = static_cast<std::uint8_t>(code);
    }
    return codes;
}();

constexpr auto iq4_levels = [] {
    std::array<float, iq4_steps> levels{};
    for (int i = 0; i < iq4_steps; ++i) levels[i] = iq4_values[iq4_codes[i]];
    return levels;
}();

int iq4_step(float x) {
    return static_cast<int>(
        std::clamp(2.0F * x + float(iq4_steps / 2), 0.0F, float(iq4_steps - 1)));
}

}  // namespace

std::uint8_t nearest_iq4(float x) { return iq4_codes[iq4_step(x)]; }

template <int n>
float fit_iq4(const float* x) {
    std::array<float, 15> numerators;
    for (int i = 0; i < 15; ++i) numerators[i] = float(iq4_values[0] + i - 7);
    const auto nearest = [](Lanes v) {
        return Lanes{iq4_levels[iq4_step(v[0])], iq4_levels[iq4_step(v[1])],
                     iq4_levels[iq4_step(v[2])], iq4_levels[iq4_step(v[3])]};
    };
    return search_scale<n>(x, nearest, numerators);
}

template float fit_iq4<32>(const float*);

}  // namespace edgeroof
