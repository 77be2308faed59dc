// SPDX-License-Identifier: Apache-2.0
#include "runtime/mapping_faults.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace edgeroof::runtime {

struct WatchedMapping::Entry {
    std::string path;
    std::uintptr_t begin = 0, end = 0;  ///< whole pages
    std::uint64_t bytes = 0;
};

namespace {

// A handler may take no lock: entries are published in slots. More files than a run can name.
std::array<std::atomic<const WatchedMapping::Entry*>, 128> watched{};
static_assert(std::atomic<const WatchedMapping::Entry*>::is_always_lock_free);
struct sigaction previous {};
bool on_terminal = false;

/// A line that is put together without memory of the heap, for use in a handler.
class Line {
  public:
    Line& operator<<(std::string_view text) {
        for (const char c : text)
            // A name may hold anything; a line break in it would end the line.
            if (size_ < text_.size())
                text_[size_++] = static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        return *this;
    }
    Line& operator<<(std::uint64_t number) {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return *this << std::string_view(digits.data(), end);
    }
    void write_to(int descriptor) {
        text_[size_ < text_.size() ? size_++ : size_ - 1] = '\n';
        // Nothing can be done where stderr takes no text.
        [[maybe_unused]] const ssize_t written = ::write(descriptor, text_.data(), size_);
    }

  private:
    std::array<char, 5120> text_{};  // a path has at most 4096 bytes
    std::size_t size_ = 0;
};

[[noreturn]] void end_with_report(const WatchedMapping::Entry& entry, std::uintptr_t at) {
    const std::uint64_t byte = at - entry.begin;
    // A progress line that is being rewritten is left where it is.
    if (on_terminal) {
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, "\n", 1);
    }
    Line line;
    line << "edgeroof: " << entry.path << ": byte " << byte << ": can't be read: ";
    struct stat status {};
    if (::stat(entry.path.c_str(), &status) != 0)
        line << "the file was moved or removed while it was in use";
    else if (static_cast<std::uint64_t>(status.st_size) < entry.bytes)
        line << "the file was cut short to " << static_cast<std::uint64_t>(status.st_size)
             << " bytes while it was in use";
    else
        line << "its disk or file system fails";
    line.write_to(STDERR_FILENO);
    ::_exit(2);
}

extern "C" void on_bus_error(int, siginfo_t* info, void*) {
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (const auto& slot : watched) {
        const WatchedMapping::Entry* entry = slot.load(std::memory_order_acquire);
        if (entry != nullptr && at >= entry->begin && at < entry->end) end_with_report(*entry, at);
    }
    // The access is repeated, and fails again, under the earlier handler.
    ::sigaction(SIGBUS, &previous, nullptr);
}

}  // namespace

void report_mapping_faults() {
    on_terminal = ::isatty(STDERR_FILENO) == 1;
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, &previous);
}

WatchedMapping::WatchedMapping(const std::filesystem::path& path,
                               std::span<const std::byte> bytes) {
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    entry_ = std::make_unique<Entry>(
        Entry{path.string(), begin, begin + (bytes.size() + page - 1) / page * page, bytes.size()});
    for (auto& slot : watched) {
        const Entry* none = nullptr;
        if (slot.compare_exchange_strong(none, entry_.get(), std::memory_order_acq_rel)) return;
    }
}

WatchedMapping::~WatchedMapping() {
    for (auto& slot : watched) {
        const Entry* own = entry_.get();
        if (slot.compare_exchange_strong(own, nullptr, std::memory_order_acq_rel)) return;
    }
}

}  // namespace edgeroof::runtime
