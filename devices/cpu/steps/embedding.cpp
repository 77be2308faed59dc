// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// Decodes rows of the table as the file has it: a step touches few of its pages, so that no copy
/// of the table is made for it.
class EmbeddingStep final : public CpuStep {
  public:
    EmbeddingStep(Planner& planner, const Embedding& op)
        : table_(planner.residents.mapped(planner.graph[op.table])),
          decode_(traits(planner.graph[op.table].format).decode),
          row_bytes_(
              row_bytes(planner.graph[op.table].format, planner.graph[op.table].shape.row())),
          vocabulary_(planner.graph[op.table].shape.rows()),
          row_(planner.graph[op.table].shape.row()),
          split_{planner.graph[op.tokens].shape.values(), 1},
          own_(worth_repeating(split_.total, split_.total * row_)),
          tokens_(planner.slot(op.tokens)),
          out_(own_ ? planner.own_slot(op.out) : planner.slot(op.out)) {
        accesses = {{tokens_, false}, {out_, true, own_ ? Split{} : split_}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = own_ ? Range{0, split_.total} : split_.of(lane);
        for (std::int64_t i = begin; i < end; ++i) {
            std::int32_t token = 0;
            std::memcpy(&token, lane.bytes(tokens_) + i * 4, sizeof token);
            float* out = lane.floats(out_) + i * row_;
            // An id outside the vocabulary (callers check theirs) must not read past the table.
            if (token < 0 || token >= vocabulary_)
                std::memset(out, 0, static_cast<std::size_t>(row_) * sizeof(float));
            else
                decode_(table_ + static_cast<std::size_t>(token) * row_bytes_, out,
                        static_cast<std::size_t>(row_));
        }
    }

  private:
    const std::byte* table_;
    void (*decode_)(const std::byte*, float*, std::size_t);
    std::size_t row_bytes_;
    std::int64_t vocabulary_, row_;
    Split split_;
    bool own_;
    Slot tokens_, out_;
};

}  // namespace

void plan_step(Planner& planner, const Embedding& op) {
    planner.add(std::make_unique<EmbeddingStep>(planner, op));
}

}  // namespace edgeroof::cpu
