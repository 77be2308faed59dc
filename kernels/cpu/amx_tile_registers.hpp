// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// The eight AMX tile registers of this thread, 16 rows of 64 bytes each, as long as the object
/// lives. They are given back at the end, so that nobody has to save them. Needs has_amx().
class TileRegisters {
  public:
    EDGEROOF_INLINE TileRegisters() {
        // Palette 1 of the Intel SDM, volume 1, 18.5.
        struct alignas(64) {
            std::uint8_t palette, start_row, zeros[14];
            std::uint16_t row_bytes[16];
            std::uint8_t rows[16];
        } config{.palette = 1, .start_row = 0, .zeros = {}, .row_bytes = {}, .rows = {}};
        for (int tile = 0; tile < 8; ++tile) config.row_bytes[tile] = 64, config.rows[tile] = 16;
        asm volatile("" : : "r"(&config) : "memory");  // GCC does not know that it is read
        _tile_loadconfig(&config);
    }
    EDGEROOF_INLINE ~TileRegisters() { _tile_release(); }
    TileRegisters(const TileRegisters&) = delete;
    TileRegisters& operator=(const TileRegisters&) = delete;
};

}  // namespace
}  // namespace edgeroof::cpu
