// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/cli/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace edgeroof::test {
namespace {

constexpr unsigned most_seconds = 60;
constexpr const char* program = EDGEROOF_PROGRAM;

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        read = ends[0];
        write = ends[1];
    }
    int read = -1, write = -1;
};

void limit(int resource, const std::optional<rlim_t>& most) {
    if (!most) return;
    const rlimit both{*most, *most};
    ::setrlimit(static_cast<decltype(RLIMIT_FSIZE)>(resource), &both);
}

void open_stdout(Process::Stdout kind, const Pipe& pipe) {
    switch (kind) {
        case Process::Stdout::closed:
            ::close(STDOUT_FILENO);
            return;
        case Process::Stdout::full:
            ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
            return;
        default:
            ::dup2(pipe.write, STDOUT_FILENO);
    }
}

/// Appends what can be read now; false at the end.
bool read_some(int descriptor, std::string& text) {
    std::array<char, 4096> part{};
    ssize_t size = 0;
    do size = ::read(descriptor, part.data(), part.size());
    while (size < 0 && errno == EINTR);
    if (size > 0) text.append(part.data(), static_cast<std::size_t>(size));
    return size > 0;
}

}  // namespace

Process::Process(const Options& options) {
    const Pipe out, err;
    std::vector<std::string> words{program};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (options.out == Stdout::reader_gone) ::close(out.read);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
        open_stdout(options.out, out);
        ::dup2(err.write, STDERR_FILENO);
        for (const auto& [name, value] : options.environment)
            ::setenv(name.c_str(), value.c_str(), 1);
        limit(RLIMIT_FSIZE, options.file_bytes);
        limit(RLIMIT_AS, options.memory_bytes);
        constexpr uid_t nobody = 65534;
        if (options.as_nobody && ::geteuid() == 0 &&
            (::setgid(nobody) != 0 || ::setuid(nobody) != 0))
            ::_exit(126);
        ::alarm(most_seconds);
        if (::chdir(options.folder.c_str()) == 0) ::execv(program, argv.data());
        ::_exit(127);
    }
    ::close(out.write);
    ::close(err.write);
    if (options.out != Stdout::reader_gone) out_ = out.read;
    err_ = err.read;
}

Process::~Process() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (out_ >= 0) ::close(out_);
    if (err_ >= 0) ::close(err_);
}

std::optional<std::string> Process::read_error_line() {
    for (;;) {
        const std::size_t end = read_so_far_.find('\n', line_begin_);
        if (end != std::string::npos) {
            std::string line = read_so_far_.substr(line_begin_, end - line_begin_);
            line_begin_ = end + 1;
            return line;
        }
        if (!read_some(err_, read_so_far_)) return std::nullopt;
    }
}

void Process::send(int signal) const { ::kill(pid_, signal); }

Ended Process::wait() {
    Ended ended;
    ended.err = std::move(read_so_far_);
    std::array<pollfd, 2> streams{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    // A negative descriptor is passed over by poll.
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        if (::poll(streams.data(), streams.size(), -1) < 0 && errno != EINTR) break;
        if (streams[0].revents != 0 && !read_some(out_, ended.out)) streams[0].fd = -1;
        if (streams[1].revents != 0 && !read_some(err_, ended.err)) streams[1].fd = -1;
    }
    int status = 0;
    rusage used{};
    ::wait4(pid_, &status, 0, &used);
    pid_ = -1;
    ended.peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
    return ended;
}

Ended run_process(const Process::Options& options) { return Process(options).wait(); }

}  // namespace edgeroof::test
