// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/stream_fetch.hpp"

namespace edgeroof::cpu {

StreamFetch stream_fetch() {
#if defined(__x86_64__)
    static const StreamFetch fetch = __builtin_cpu_is("intel") ? StreamFetch::ahead
                                     : __builtin_cpu_is("amd") ? StreamFetch::past_l2
                                                               : StreamFetch::hardware;
    return fetch;
#else
    return StreamFetch::hardware;
#endif
}

}  // namespace edgeroof::cpu
