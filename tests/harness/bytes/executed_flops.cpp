// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/bytes/executed_flops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

namespace edgeroof::test {
namespace {

std::optional<std::uint64_t> hexadecimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

unsigned bytes_of_registers(std::string_view operands) {
    if (operands.find("%zmm") != std::string_view::npos) return 64;
    return operands.find("%ymm") != std::string_view::npos ? 32 : 16;
}

}  // namespace

unsigned flops_of(std::string_view instruction) {
    const std::size_t end = instruction.find(' ');
    std::string_view name = instruction.substr(0, end);
    const std::string_view operands =
        end == std::string_view::npos ? std::string_view() : instruction.substr(end);
    if (name.starts_with('v')) name.remove_prefix(1);
    if (name.size() < 5) return 0;
    const std::string_view type = name.substr(name.size() - 2);
    name.remove_suffix(2);
    const bool fused = name.starts_with("fmadd") || name.starts_with("fmsub") ||
                       name.starts_with("fnmadd") || name.starts_with("fnmsub");
    const std::array<std::string_view, 7> single{"add",  "sub",  "mul",   "div",
                                                 "sqrt", "hadd", "addsub"};
    bool counts = fused;
    for (const std::string_view one : single) counts |= name == one;
    if (!counts) return 0;
    unsigned lanes = 0;
    if (type == "ss" || type == "sd") lanes = 1;
    if (type == "ps") lanes = bytes_of_registers(operands) / 4;
    if (type == "pd") lanes = bytes_of_registers(operands) / 8;
    return lanes * (fused ? 2 : 1);
}

const ExecutedFlops::ByAddress& ExecutedFlops::disassembled(const std::string& object) {
    const auto known = objects_.find(object);
    if (known != objects_.end()) return known->second;
    ByAddress& found = objects_[object];
    const std::string command = fmt::format("objdump -d --no-show-raw-insn '{}'", object);
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    if (!pipe) return found;
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
        // "    1198:\tmovss  (%rdi,%rax,1),%xmm0\n"
        const std::string_view line(buffer.data());
        const std::size_t colon = line.find(":\t");
        if (colon == std::string_view::npos) continue;
        std::string_view address = line.substr(0, colon);
        address.remove_prefix(std::min(address.find_first_not_of(' '), address.size()));
        const unsigned flops = flops_of(line.substr(colon + 2));
        if (const auto at = hexadecimal(address); at && flops > 0) found[*at] = flops;
    }
    return found;
}

std::uint64_t ExecutedFlops::operator()(const std::filesystem::path& dump,
                                        const std::string& program) {
    // "ob=FILE", then a line per instruction: "0xADDRESS LINE COUNT ..."; the line after "calls="
    // is what the called function cost (Callgrind's manual, "Callgrind Format Specification").
    std::ifstream file(dump);
    const ByAddress* object = nullptr;
    std::uint64_t flops = 0;
    bool of_call = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("ob=")) {
            const std::string path = line.substr(3);
            const bool ours = path == program || path.find("/libm.so") != std::string::npos ||
                              path.find("/libm-") != std::string::npos;
            object = ours ? &disassembled(path) : nullptr;
        } else if (line.starts_with("calls=")) {
            of_call = true;
        } else if (line.starts_with("0x")) {
            const bool skip = std::exchange(of_call, false) || object == nullptr;
            const std::size_t space = line.find(' '), next = line.find(' ', space + 1);
            if (skip || next == std::string::npos) continue;
            const auto address = hexadecimal(std::string_view(line).substr(2, space - 2));
            if (!address) continue;
            if (const auto found = object->find(*address); found != object->end())
                flops += found->second * std::strtoull(line.c_str() + next, nullptr, 10);
        }
    }
    return flops;
}

}  // namespace edgeroof::test
