// SPDX-License-Identifier: Apache-2.0
#include "runtime/quantize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <system_error>

#include "kernels/error.hpp"
#include "runtime/ggml_types.hpp"
#include "runtime/gguf.hpp"
#include "runtime/printable.hpp"
#include "runtime/stored_format.hpp"

namespace edgeroof::runtime {
namespace {

InputError tensor_error(const GgufFile& file, const GgufTensor& tensor, std::string_view what) {
    return InputError(fmt::format("{}: byte {}, tensor {}: {}", file.path().string(), tensor.offset,
                                  quoted(tensor.name), what));
}

/// The tensor's format in the new file; checks that it can be had.
Format new_format(const GgufFile& file, const GgufTensor& tensor, const QuantizeOptions& options) {
    if (!tensor.format) {
        const GgmlType type = ggml_type(tensor.gguf_type);
        throw tensor_error(
            file, tensor,
            fmt::format("its type {} ({}) is none that edgeroof decodes", tensor.gguf_type,
                        type.name.empty() ? "unknown" : type.name));
    }
    if (*tensor.format == Format::i32) return Format::i32;
    const Format format =
        stored_format(tensor.name, tensor.shape, tensor.dimensions, options.format);
    // What is stored exactly is left as it is: vectors and norms that the file has in F16.
    if (format == Format::f32 && options.format != Format::f32) return *tensor.format;
    if (format != *tensor.format && traits(*tensor.format).block_values > 1 && !options.requantize)
        throw tensor_error(file, tensor,
                           fmt::format("is quantised already ({}); encoding it again adds to its "
                                       "error: start from F32, F16 or BF16, or --requantize",
                                       traits(*tensor.format).name));
    return format;
}

void refuse_same_file(const std::filesystem::path& in, const std::filesystem::path& out) {
    std::error_code error;
    if (std::filesystem::equivalent(in, out, error))
        throw InputError(fmt::format("{}: is the input too; name another output", out.string()));
}

/// Encoders take any finite number; a model that holds others is damaged.
void check_values(const GgufFile& file, const GgufTensor& tensor, Format format,
                  std::span<const float> values) {
    const float limit = format == Format::f16 ? 65504.0F : std::numeric_limits<float>::max();
    // Written so that NaN fails too.
    const auto bad =
        std::ranges::find_if(values, [&](float v) { return !(std::fabs(v) <= limit); });
    if (bad != values.end())
        throw tensor_error(file, tensor,
                           fmt::format("holds {}, which {} can't", *bad, traits(format).name));
}

/// The keys in their order; those that say how the weights are stored say it anew.
void copy_metadata(GgufHeader& header, const GgufFile& file, Format format) {
    constexpr std::string_view type_key = "general.file_type";
    constexpr std::string_view version_key = "general.quantization_version";
    for (const GgufEntry& entry : file.entries()) {
        if (entry.key == type_key)
            header.set(type_key, file_type(format));
        else if (entry.key == version_key)
            header.set(version_key, quantization_version);
        else if (entry.key != "general.alignment")  // the new file has the default
            header.copy(file, entry);
    }
    if (file.entry(type_key) == nullptr) header.set(type_key, file_type(format));
    if (file.entry(version_key) == nullptr) header.set(version_key, quantization_version);
}

class FileSource final : public TensorSource {
  public:
    FileSource(const GgufFile& file, const GgufHeader& header) : file_(file), header_(header) {}

    void values(std::size_t index, std::uint64_t first, std::span<float> out) const override {
        const GgufTensor& tensor = file_.tensors()[index];
        const FormatTraits& format = traits(*tensor.format);
        const auto bytes =
            file_.bytes(tensor).subspan(first / format.block_values * format.block_bytes,
                                        out.size() / format.block_values * format.block_bytes);
        format.decode(bytes.data(), out.data(), out.size());
        file_.drop_pages(bytes);
        check_values(file_, tensor, header_.tensors()[index].format, out);
    }

    bool encoded(std::size_t index, std::uint64_t offset, std::span<std::byte> out) const override {
        const GgufTensor& tensor = file_.tensors()[index];
        if (header_.tensors()[index].format != *tensor.format) return false;
        const auto bytes = file_.bytes(tensor).subspan(offset, out.size());
        std::ranges::copy(bytes, out.begin());
        file_.drop_pages(bytes);
        return true;
    }

  private:
    const GgufFile& file_;
    const GgufHeader& header_;
};

}  // namespace

void quantize_model(const std::filesystem::path& in, const std::filesystem::path& out,
                    const QuantizeOptions& options, const Progress& progress) {
    const GgufFile file(in);
    require_whole(file);
    refuse_same_file(in, out);
    GgufHeader header;
    copy_metadata(header, file, options.format);
    for (const GgufTensor& tensor : file.tensors())
        header.add_tensor(tensor.name, new_format(file, tensor, options), tensor.shape,
                          tensor.dimensions);
    GgufWriter writer(out, header);
    encode_tensors(header, writer, FileSource(file, header), progress);
    writer.finish();
}

}  // namespace edgeroof::runtime
