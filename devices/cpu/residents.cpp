// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/residents.hpp"

#include <fmt/format.h>

#include <cstring>

#include "devices/cpu/huge_pages.hpp"
#include "devices/cpu/step.hpp"
#include "kernels/cpu/ops.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

std::size_t tensor_bytes(const Tensor& tensor) {
    return static_cast<std::size_t>(tensor.shape.rows()) *
           row_bytes(tensor.format, tensor.shape.row());
}

/// Reads one value of a cache, whatever its layout: for moving a cache to another layout.
float cached_value(const State& state, std::int32_t sequence, std::int64_t head,
                   std::int64_t position, std::int64_t d) {
    const KvLayout& kv = state.layout;
    const std::byte* region = state.sequence(sequence) + head * head_bytes(kv);
    // Layouts before the first attention are rows; attended ones are never moved again.
    const std::byte* row = region + position * position_bytes(kv);
    float value = 0.0F;
    if (kv.format == Format::f32) {
        std::memcpy(&value, row + d * 4, 4);
    } else {
        std::uint16_t half = 0;
        const bool plain = kv.format == Format::f16;
        std::memcpy(&half, plain ? row + d * 2 : row + d / 32 * 34, 2);
        value = half_to_float(half);
        if (!plain)
            value *= static_cast<float>(static_cast<std::int8_t>(row[d / 32 * 34 + 2 + d % 32]));
    }
    return value;
}

/// Of a weight, what may lie in memory twice while it is laid out anew.
constexpr std::size_t slab_bytes = std::size_t{16} << 20;

}  // namespace

Buffer Residents::allocate_weight(std::size_t bytes, const Tensor& weight, Pages pages) {
    weight_bytes_ += bytes;
    return Buffer(bytes, weight.name.c_str(), pages);
}

const std::byte* Residents::packed(const Tensor& weight) {
    const MatmulKernel& kernel = this->kernel(weight.format, many_tokens_at_once);
    if (!kernel.pack) return repack_ ? copied(weight, Pages::by_size) : mapped(weight);
    const auto [at, is_new] = packed_.try_emplace(weight.name);
    if (is_new) {
        const std::int64_t k = weight.shape.row(), m = weight.shape.rows();
        const std::byte* rows = source_.bytes(weight).data();
        at->second = allocate_weight(kernel.packed_bytes(k, m), weight);
        std::byte* packed = at->second.data();
        const std::size_t row = row_bytes(weight.format, k);
        const auto slab = static_cast<std::int64_t>(
            (slab_bytes / row / static_cast<std::size_t>(kernel.row_group) + 1) *
            static_cast<std::size_t>(kernel.row_group));
        for (std::int64_t first = 0; first < m; first += slab) {
            const std::int64_t count = std::min(slab, m - first);
            const Split split{count, kernel.row_group};
            pool_->run([&](int thread) {
                const Range share = split.of(thread, pool_->shares());
                if (share.begin < share.end)
                    kernel.pack(rows, packed, k, m, first + share.begin, first + share.end);
            });
            source_.release_part({rows + static_cast<std::size_t>(first) * row,
                                  static_cast<std::size_t>(count) * row});
        }
        // A table that is also looked up keeps its file pages: a few rows of it are read.
        source_.release(weight);
    }
    return at->second.data();
}

const std::byte* Residents::mapped(const Tensor& weight) { return source_.bytes(weight).data(); }

const float* Residents::decoded(const Tensor& weight) {
    const auto [at, is_new] = decoded_.try_emplace(weight.name);
    if (is_new) {
        const auto values = static_cast<std::size_t>(weight.shape.values());
        at->second = allocate_weight(values * sizeof(float), weight);
        traits(weight.format)
            .decode(mapped(weight), reinterpret_cast<float*>(at->second.data()), values);
    }
    return reinterpret_cast<const float*>(at->second.data());
}

const std::byte* Residents::copied(const Tensor& weight, Pages pages) {
    const auto [at, is_new] = copied_.try_emplace(weight.name);
    if (is_new) {
        const std::span<const std::byte> bytes = source_.bytes(weight);
        at->second = allocate_weight(bytes.size(), weight, pages);
        std::byte* to = at->second.data();
        for (std::size_t first = 0; first < bytes.size(); first += slab_bytes) {
            const auto slab = bytes.subspan(first, std::min(slab_bytes, bytes.size() - first));
            const Split split{static_cast<std::int64_t>(slab.size()), 4096};
            pool_->run([&](int thread) {
                const Range range = split.of(thread, pool_->shares());
                std::memcpy(to + first + range.begin, slab.data() + range.begin,
                            static_cast<std::size_t>(range.end - range.begin));
            });
            source_.release_part(slab);
        }
        source_.release(weight);
    }
    return at->second.data();
}

void Residents::lay_out(State& state, const Tensor& tensor, const KvLayout& layout, Pages pages) {
    const auto sequences = tensor.shape.extent[2] * tensor.shape.extent[3];
    const std::size_t bytes =
        std::max(static_cast<std::size_t>(sequences * sequence_bytes(layout)), state.tensor_bytes) +
        kv_slack_bytes;
    state_bytes_ -= state.buffer.size();
    state.buffer = Buffer(bytes, tensor.name.c_str(), pages);
    state.layout = layout;
    state_bytes_ += bytes;
    // Pages that were never written are one shared page of zeros: reading them would be reading a
    // cache line, not memory.
    const Split split{static_cast<std::int64_t>(bytes), 4096};
    pool_->run([&](int thread) {
        const Range range = split.of(thread, pool_->shares());
        std::memset(state.buffer.data() + range.begin, 0,
                    static_cast<std::size_t>(range.end - range.begin));
    });
}

State& Residents::state(const Tensor& tensor, Pages pages) {
    const auto [at, is_new] = states_.try_emplace(tensor.name);
    if (is_new) {
        at->second = std::make_unique<State>();
        at->second->tensor_bytes = tensor_bytes(tensor);
        KvLayout layout{.format = tensor.format,
                        .head_dim = tensor.shape.row(),
                        .capacity = tensor.shape.extent[1]};
        if (tensor.format != Format::f32 && tensor.format != Format::f16 &&
            tensor.format != Format::q8_0) {
            states_.erase(at);
            throw Unsupported(
                fmt::format("cpu: state '{}': format {} (F32, F16 and Q8_0 are supported)",
                            tensor.name, traits(tensor.format).name));
        }
        lay_out(*at->second, tensor, layout, pages);
    }
    if (at->second->tensor_bytes != tensor_bytes(tensor) ||
        at->second->layout.format != tensor.format ||
        at->second->layout.capacity != tensor.shape.extent[1])
        throw Unsupported(
            fmt::format("cpu: state '{}' was made with another shape or format than this graph's",
                        tensor.name));
    return *at->second;
}

State& Residents::attended(const Tensor& tensor, bool keys, std::int64_t heads) {
    State& state = this->state(tensor);
    const KvLayout layout{.format = tensor.format,
                          .keys = keys,
                          .head_dim = tensor.shape.row() / heads,
                          .heads = heads,
                          .capacity = tensor.shape.extent[1]};
    if (state.layout == layout) return state;
    const bool claimed = state.layout.keys || state.layout.heads != 1;
    if (claimed)
        throw Unsupported(
            fmt::format("cpu: state '{}' is attended to in two different ways", tensor.name));
    State old{std::move(state.buffer), state.tensor_bytes, state.layout};
    state_bytes_ -= old.buffer.size();
    lay_out(state, tensor, layout, Pages::by_size);
    const Ops& scalar = ops(Isa::scalar);
    std::vector<float> row(static_cast<std::size_t>(tensor.shape.row()));
    for (std::int32_t sequence = 0; sequence < tensor.shape.extent[2]; ++sequence)
        for (std::int64_t position = 0; position < layout.capacity; ++position) {
            for (std::size_t d = 0; d < row.size(); ++d)
                row[d] = cached_value(old, sequence, 0, position, static_cast<std::int64_t>(d));
            scalar.kv_store(
                {row.data(), state.sequence(sequence), layout, position, 0, 1, 0, heads});
        }
    return state;
}

std::byte* Residents::activations(std::size_t bytes) {
    if (activations_.size() < bytes) {
        activations_ = {};  // first, so that there are never both
        activations_ = Buffer(bytes, "the activations");
    }
    return activations_.data();
}

void Residents::clear_states() {
    for (auto& [name, state] : states_) std::memset(state->buffer.data(), 0, state->buffer.size());
}

HugePages Residents::huge_pages() const {
    std::vector<AdvisedRange> ranges;
    const auto add = [&](const Buffer& buffer) {
        if (buffer.advised_bytes() > 0) ranges.push_back({buffer.data(), buffer.advised_bytes()});
    };
    for (const auto* buffers : {&packed_, &decoded_, &copied_})
        for (const auto& [name, buffer] : *buffers) add(buffer);
    for (const auto& [name, state] : states_) add(state->buffer);
    return ranges.empty() ? HugePages{} : cpu::huge_pages(ranges);
}

}  // namespace edgeroof::cpu
