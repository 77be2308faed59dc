// SPDX-License-Identifier: Apache-2.0
//
// A record such as a run on a 2-core machine leaves behind, made from chosen truths: every rate
// below is what an analysis must find again within the noise.
#pragma once

#include "reports/record/record.hpp"

namespace edgeroof::reports::testing {

struct Truth {
    double read_rate = 40e9;  ///< bytes/s of the DRAM read roof, and with noise of its samples
    double copy_rate = 30e9;
    double fp32_rate = 160e9;  ///< FLOP/s
    double int8_rate = 640e9;
    double matmul_share = 0.90;  ///< of the read roof, by matmuls of decode
    double attention_share = 0.45;
    double noise = 0.01;  ///< half-width of the uniform noise on every time
    /// The read roof is multiplied by this from one turn to the next, there and back: a machine
    /// whose bandwidth jumps between levels.
    double jump = 1.0;
};

Record sample_record(const Truth& truth = {});

}  // namespace edgeroof::reports::testing
