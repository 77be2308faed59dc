// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/operators.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace edgeroof::reference {
namespace {

using std::numbers::pi;

double activate(double x, Activation activation) {
    switch (activation) {
        case Activation::silu:
            return x / (1.0 + std::exp(-x));
        case Activation::gelu_tanh:
            return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / pi) * (x + 0.044715 * x * x * x)));
        case Activation::gelu_erf:
            return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    }
    return 0.0;
}

/// Calls row(in, out) for each row of x.
template <typename Row>
Values by_row(View x, std::size_t length, Row row) {
    Values out(x.size());
    for (std::size_t at = 0; at < x.size(); at += length)
        row(x.subspan(at, length), std::span(out).subspan(at, length));
    return out;
}

double dot(View a, View b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

double mean(View x) {
    double sum = 0.0;
    for (const double value : x) sum += value;
    return sum / static_cast<double>(x.size());
}

void softmax_row(View x, std::span<double> out) {
    const double greatest = *std::max_element(x.begin(), x.end());
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += out[i] = std::exp(x[i] - greatest);
    for (double& value : out) value /= sum;
}

}  // namespace

Values embedding(View table, std::int64_t d, View tokens) {
    Values out;
    for (const double token : tokens) {
        const View row = table.subspan(static_cast<std::size_t>(token) * d, d);
        out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

Values rms_norm(View x, View weight, double epsilon) {
    return by_row(x, weight.size(), [&](View in, std::span<double> out) {
        const double mean_square = dot(in, in) / static_cast<double>(in.size());
        for (std::size_t i = 0; i < in.size(); ++i)
            out[i] = in[i] / std::sqrt(mean_square + epsilon) * weight[i];
    });
}

Values layer_norm(View x, View weight, View bias, double epsilon) {
    return by_row(x, weight.size(), [&](View in, std::span<double> out) {
        const double middle = mean(in);
        double variance = 0.0;
        for (const double value : in) variance += (value - middle) * (value - middle);
        variance /= static_cast<double>(in.size());
        for (std::size_t i = 0; i < in.size(); ++i)
            out[i] = (in[i] - middle) / std::sqrt(variance + epsilon) * weight[i] +
                     (bias.empty() ? 0.0 : bias[i]);
    });
}

Values matmul(View weight, View x, std::int64_t k) {
    Values out;
    for (std::size_t j = 0; j < x.size(); j += k)
        for (std::size_t i = 0; i < weight.size(); i += k)
            out.push_back(dot(weight.subspan(i, k), x.subspan(j, k)));
    return out;
}

Values gated_unit(View gate, View up, Activation activation) {
    Values out(gate.size());
    for (std::size_t i = 0; i < gate.size(); ++i) out[i] = activate(gate[i], activation) * up[i];
    return out;
}

Values unary(View x, Activation activation) {
    Values out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = activate(x[i], activation);
    return out;
}

Values add(View a, View b) {
    Values out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] + b[i % b.size()];
    return out;
}

Values scale(View x, double factor) {
    Values out(x.begin(), x.end());
    for (double& value : out) value *= factor;
    return out;
}

Values soft_cap(View x, double cap) {
    Values out(x.begin(), x.end());
    for (double& value : out) value = cap * std::tanh(value / cap);
    return out;
}

Values softmax(View x, std::int64_t row) { return by_row(x, row, softmax_row); }

Values last_rows(View x, std::int64_t row, std::int64_t rows) {
    const View last = x.last(row * rows);
    return {last.begin(), last.end()};
}

Values argmax(View x, std::int64_t row) {
    Values out;
    for (std::size_t at = 0; at < x.size(); at += row) {
        const View in = x.subspan(at, row);
        out.push_back(static_cast<double>(std::max_element(in.begin(), in.end()) - in.begin()));
    }
    return out;
}

RopeTable rope_table(const Rope& op, View factors) {
    const RopeScaling& scaling = op.scaling;
    const double base = op.base;
    const double dims = op.dims;
    const bool yarn = scaling.kind == RopeScaling::Kind::yarn;
    // YaRN (arXiv:2309.00071, 3.2): a pair that turns more than beta_fast times within the original
    // context keeps its frequency, one that turns less than beta_slow times is interpolated, and
    // between them the two are mixed along a ramp over the pairs' indices.
    const auto pair_with_turns = [&](double turns) {
        return dims * std::log(scaling.original_context / (turns * 2.0 * pi)) /
               (2.0 * std::log(base));
    };
    const double low = yarn ? std::max(0.0, std::floor(pair_with_turns(scaling.beta_fast))) : 0.0;
    const double high =
        yarn ? std::min(dims - 1.0, std::ceil(pair_with_turns(scaling.beta_slow))) : 0.0;
    const double stretch =
        scaling.kind == RopeScaling::Kind::none ? 1.0 : static_cast<double>(scaling.factor);

    RopeTable table;
    table.magnitude = scaling.attention_factor;
    if (yarn && scaling.extrapolation != 0.0F) table.magnitude *= 1.0 + 0.1 * std::log(stretch);
    for (std::int32_t pair = 0; pair < op.dims / 2; ++pair) {
        double frequency = std::pow(base, -2.0 * pair / dims);
        if (!factors.empty()) frequency /= factors[pair];
        const double interpolated = frequency / stretch;
        double kept = 0.0;
        if (yarn) {
            const double ramp = (pair - low) / std::max(0.001, high - low);
            kept = (1.0 - std::clamp(ramp, 0.0, 1.0)) * scaling.extrapolation;
        }
        table.frequencies.push_back(interpolated * (1.0 - kept) + frequency * kept);
    }
    return table;
}

Values rope(const Rope& op, View x, std::int64_t head, std::int64_t heads, std::int64_t position,
            const RopeTable& table) {
    Values out(x.begin(), x.end());
    for (std::size_t start = 0; start < x.size(); start += head) {
        const double at =
            static_cast<double>(position + static_cast<std::int64_t>(start) / (head * heads));
        for (std::int32_t pair = 0; pair < op.dims / 2; ++pair) {
            const bool adjacent = op.order == RopeOrder::adjacent;
            const std::size_t first = start + (adjacent ? 2 * pair : pair);
            const std::size_t second = first + (adjacent ? 1 : op.dims / 2);
            const double cosine = std::cos(at * table.frequencies[pair]) * table.magnitude;
            const double sine = std::sin(at * table.frequencies[pair]) * table.magnitude;
            out[first] = x[first] * cosine - x[second] * sine;
            out[second] = x[first] * sine + x[second] * cosine;
        }
    }
    return out;
}

Values attention(const Attention& op, View q, View keys, View values, std::int64_t head,
                 std::int64_t position) {
    const std::int64_t tokens = static_cast<std::int64_t>(q.size()) / (head * op.heads);
    const std::int64_t key_row = head * op.kv_heads;
    const std::int64_t rows = static_cast<std::int64_t>(keys.size()) / key_row;
    const std::int64_t value_row = static_cast<std::int64_t>(values.size()) / rows;
    const std::int64_t value_head = value_row / op.kv_heads;
    Values out;
    for (std::int64_t token = 0; token < tokens; ++token) {
        const std::int64_t at = position + token;
        const std::int64_t first =
            op.window > 0 ? std::max<std::int64_t>(0, at - op.window + 1) : 0;
        for (std::int32_t h = 0; h < op.heads; ++h) {
            const std::int64_t kv = h / (op.heads / op.kv_heads);
            const View query = q.subspan((token * op.heads + h) * head, head);
            Values scores;
            for (std::int64_t p = first; p <= at; ++p) {
                double score = dot(query, keys.subspan(p * key_row + kv * head, head)) * op.scale;
                if (op.soft_cap > 0.0F) score = op.soft_cap * std::tanh(score / op.soft_cap);
                scores.push_back(score);
            }
            const Values weights = softmax(scores, static_cast<std::int64_t>(scores.size()));
            for (std::int64_t i = 0; i < value_head; ++i) {
                double sum = 0.0;
                for (std::int64_t p = first; p <= at; ++p)
                    sum += weights[p - first] * values[p * value_row + kv * value_head + i];
                out.push_back(sum);
            }
        }
    }
    return out;
}

}  // namespace edgeroof::reference
