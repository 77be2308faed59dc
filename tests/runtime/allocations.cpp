// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t requested_bytes = 0;

}  // namespace

// The array and nothrow forms of the library call this one.
void* operator new(std::size_t bytes) {
    requested_bytes += bytes;
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace edgeroof::test {

Allocations::Allocations() : before_(requested_bytes) {}
std::size_t Allocations::bytes() const { return requested_bytes - before_; }

}  // namespace edgeroof::test
