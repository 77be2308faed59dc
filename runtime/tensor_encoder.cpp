// SPDX-License-Identifier: Apache-2.0
#include "runtime/tensor_encoder.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace edgeroof::runtime {
namespace {

// A multiple of every block; 1 MiB of floats stays in a core's caches.
constexpr std::uint64_t piece_values = 256 * 1024;

struct Piece {
    std::size_t tensor;
    std::uint64_t first;
    std::uint64_t values;
};

class Encoder {
  public:
    Encoder(const GgufHeader& header, GgufWriter& writer, const TensorSource& source)
        : header_(header), writer_(writer), source_(source) {
        for (const auto& tensor : header.tensors()) {
            total_bytes_ += tensor.bytes;
            pieces_.push_back(pieces_.back() + pieces(tensor));
        }
    }

    void run(const Progress& progress) {
        std::vector<std::jthread> threads;
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 1; i < cores; ++i) threads.emplace_back([this] { work({}); });
        work(progress);
        threads.clear();
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    static std::uint64_t pieces(const GgufHeader::TensorEntry& tensor) {
        const auto values = static_cast<std::uint64_t>(tensor.shape.values());
        return (values + piece_values - 1) / piece_values;
    }

    Piece piece_at(std::uint64_t number) const {
        const auto after = std::ranges::upper_bound(pieces_, number);
        const auto tensor = static_cast<std::size_t>(after - pieces_.begin()) - 1;
        const std::uint64_t first = (number - pieces_[tensor]) * piece_values;
        const auto values =
            static_cast<std::uint64_t>(header_.tensors()[tensor].shape.values()) - first;
        return {tensor, first, std::min(values, piece_values)};
    }

    void work(const Progress& progress) {
        try {
            std::vector<float> values;
            std::vector<std::byte> bytes;
            for (std::uint64_t number = next_++; number < pieces_.back(); number = next_++) {
                done_bytes_ += write(piece_at(number), values, bytes);
                if (progress) progress(done_bytes_, total_bytes_);
            }
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            next_ = pieces_.back();
        }
    }

    /// Returns the bytes written.
    std::uint64_t write(const Piece& piece, std::vector<float>& values,
                        std::vector<std::byte>& bytes) {
        const FormatTraits& format = traits(header_.tensors()[piece.tensor].format);
        const std::uint64_t offset = piece.first / format.block_values * format.block_bytes;
        const std::uint64_t size = piece.values / format.block_values * format.block_bytes;
        bytes.resize(size);
        if (!source_.encoded(piece.tensor, offset, bytes)) {
            values.resize(piece.values);
            source_.values(piece.tensor, piece.first, values);
            format.encode(values.data(), bytes.data(), values.size());
        }
        writer_.write(piece.tensor, offset, bytes);
        return size;
    }

    const GgufHeader& header_;
    GgufWriter& writer_;
    const TensorSource& source_;
    std::vector<std::uint64_t> pieces_{0};  ///< first piece of each tensor, and their number
    std::uint64_t total_bytes_ = 0;
    std::atomic<std::uint64_t> next_ = 0, done_bytes_ = 0;
    std::mutex mutex_;
    std::exception_ptr failure_;
};

}  // namespace

bool TensorSource::encoded(std::size_t, std::uint64_t, std::span<std::byte>) const { return false; }

void encode_tensors(const GgufHeader& header, GgufWriter& writer, const TensorSource& source,
                    const Progress& progress) {
    Encoder(header, writer, source).run(progress);
}

}  // namespace edgeroof::runtime
