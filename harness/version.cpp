// SPDX-License-Identifier: Apache-2.0
#include "harness/version.hpp"

#include <fmt/format.h>

#include "build_info.hpp"

namespace edgeroof::harness {

reports::Tool build_facts() {
    reports::Tool tool;
    tool.version = EDGEROOF_VERSION;
    if (std::string hash = EDGEROOF_GIT_HASH; !hash.empty()) tool.git_hash = std::move(hash);
    tool.compiler = EDGEROOF_COMPILER;
    tool.build_type = EDGEROOF_BUILD_TYPE;
    tool.build_flags = EDGEROOF_BUILD_FLAGS;
    return tool;
}

std::string version_text() {
    const reports::Tool tool = build_facts();
    return fmt::format("edgeroof {}\ncommit: {}\nbuild: {}, {}\ndevices: cpu\n", tool.version,
                       tool.git_hash.value_or("unknown"), tool.build_type, tool.compiler);
}

}  // namespace edgeroof::harness
