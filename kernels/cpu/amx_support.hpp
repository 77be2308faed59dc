// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace edgeroof::cpu {

/// Whether this processor has AMX tiles with BF16 and int8 products (and the AVX512_BF16 that
/// prepares operands for them), and Linux lets this process use them: the first call asks for it,
/// since a thread's 8 KiB of tile data are not given to programs that don't
/// (Documentation/arch/x86/xstate.rst). False on other architectures and systems.
bool has_amx();

}  // namespace edgeroof::cpu
