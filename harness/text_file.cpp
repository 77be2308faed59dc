// SPDX-License-Identifier: Apache-2.0
#include "harness/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "kernels/error.hpp"
#include "runtime/tokenizer/tokenizer.hpp"

namespace edgeroof::harness {

std::string read_text_file(const std::filesystem::path& path) {
    const auto fail = [&](std::string_view what) {
        return InputError(fmt::format("{}: {}", path.string(), what));
    };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) throw fail("is a directory, not a text");
    std::ifstream file(path, std::ios::binary);
    if (!file) throw fail(std::strerror(errno));
    std::string text, block(std::size_t{1} << 20, '\0');
    // A little more than is allowed is read, so that what is too long is seen to be.
    while (text.size() <= runtime::Tokenizer::text_limit &&
           (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0))
        text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    if (file.bad()) throw fail("cannot be read");
    if (text.empty()) throw fail("is empty");
    return text;
}

}  // namespace edgeroof::harness
