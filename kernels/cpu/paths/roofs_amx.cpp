// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/amx_tile_registers.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {
namespace {

/// A product of tiles adds 16 rows x 16 columns x 64 bytes of k. It takes 16 cycles and its sums
/// come after 52 (Intel's optimisation reference manual, 20.5): four tiles of sums cover that, and
/// four of operands are what is left of eight. Tiles are as _tile_loadconfig leaves them: zeros.
template <class Multiply>
std::uint64_t peak(std::int64_t rounds, std::uint64_t operations, Multiply multiply) {
    const TileRegisters registers;
    for (std::int64_t i = 0; i < rounds; ++i) multiply();
    return static_cast<std::uint64_t>(rounds) * 4 * operations;
}

std::uint64_t int8_peak(std::int64_t rounds) {
    return peak(
        rounds, 2 * 16 * 16 * 64, []() __attribute__((always_inline)) {
            _tile_dpbusd(0, 4, 6);
            _tile_dpbusd(1, 4, 7);
            _tile_dpbusd(2, 5, 6);
            _tile_dpbusd(3, 5, 7);
        });
}

std::uint64_t bf16_peak(std::int64_t rounds) {
    return peak(
        rounds, 2 * 16 * 16 * 32, []() __attribute__((always_inline)) {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        });
}

constexpr Peaks tile_peaks() {
    Peaks peaks{};
    peaks[Arithmetic::int8] = int8_peak;
    peaks[Arithmetic::bf16] = bf16_peak;
    return peaks;
}

}  // namespace

const Peaks peaks_amx = tile_peaks();

}  // namespace edgeroof::cpu
