// SPDX-License-Identifier: Apache-2.0
//
// A CPU's resident tensors: weights as kernels want them, and states, found by tensor name; and the
// room for activations.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "devices/cpu/buffer.hpp"
#include "devices/cpu/thread_pool.hpp"
#include "devices/device.hpp"
#include "kernels/cpu/kv_layout.hpp"
#include "kernels/cpu/matmul.hpp"

namespace edgeroof::cpu {

/// A KV cache, or any state. One that no attention has claimed yet lies as its graph sees it: rows
/// of one "head"; the first graph with an attention over it has it laid out anew.
struct State {
    Buffer buffer;
    std::size_t tensor_bytes = 0;  ///< rows x row bytes, as the graph counts
    KvLayout layout;

    std::byte* sequence(std::int32_t index) const {
        return buffer.data() + index * sequence_bytes(layout);
    }
};

class Residents {
  public:
    Residents(const WeightSource& source, std::shared_ptr<ThreadPool> pool, Isa isa, bool repack)
        : source_(source), pool_(std::move(pool)), isa_(isa), repack_(repack) {}

    /// For that many tokens; packed weights are the same for any number.
    const MatmulKernel& kernel(Format format, std::int64_t tokens) const {
        return matmul_kernel(format, isa_, repack_, tokens);
    }

    /// The weight as its matmul kernel wants it, packed by all threads at the first call; copied,
    /// if it wants it as the file has it: a file's pages are small ones, and walks of page tables
    /// take a fifth of one thread's bandwidth. Where weights are not to be packed, as mapped.
    const std::byte* packed(const Tensor& weight);
    /// The rows as the source has them.
    const std::byte* mapped(const Tensor& weight);
    /// The rows decoded to F32 (norms, biases, frequency factors).
    const float* decoded(const Tensor& weight);
    /// A copy of the bytes in memory of its own. In huge pages a set that fits a cache has no two
    /// lines too many at one place of it.
    const std::byte* copied(const Tensor& weight, Pages pages = Pages::huge);

    /// Throws Unsupported for a state whose shape or format no kernel takes. `pages`: of the memory
    /// that the first call makes.
    State& state(const Tensor& tensor, Pages pages = Pages::by_size);
    /// A state as attention's keys or values with that many heads.
    State& attended(const Tensor& tensor, bool keys, std::int64_t heads);

    /// Room for the activations of the executable that is to run, the same for each; what another
    /// left there may be gone. Throws Unmeasurable.
    std::byte* activations(std::size_t bytes);

    std::uint64_t weight_bytes() const { return weight_bytes_; }
    std::uint64_t state_bytes() const { return state_bytes_; }
    void clear_states();
    /// Of all weights and states.
    HugePages huge_pages() const;

  private:
    Buffer allocate_weight(std::size_t bytes, const Tensor& weight, Pages pages = Pages::by_size);
    void lay_out(State& state, const Tensor& tensor, const KvLayout& layout, Pages pages);

    const WeightSource& source_;
    std::shared_ptr<ThreadPool> pool_;
    Isa isa_;
    bool repack_;
    std::map<std::string, Buffer> packed_, decoded_, copied_;
    std::map<std::string, std::unique_ptr<State>> states_;
    Buffer activations_;
    std::uint64_t weight_bytes_ = 0, state_bytes_ = 0;
};

}  // namespace edgeroof::cpu
