// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/model_edit.hpp"

namespace edgeroof::test {

ModelEdit& ModelEdit::add_tensor(const std::string& name, std::vector<float> values,
                                 std::int64_t rows, Format format) {
    const auto row = static_cast<std::int64_t>(values.size()) / rows;
    added_.push_back({name, Shape{{row, rows, 1, 1}}, format, std::move(values)});
    return drop_tensor(name);
}

void ModelEdit::write(const std::filesystem::path& out) const {
    const runtime::GgufFile file(in_);
    runtime::GgufHeader header;
    for (const runtime::GgufEntry& entry : file.entries())
        if (!keys_.contains(entry.key)) header.copy(file, entry);
    for (const auto& set : header_) set(header);
    for (const runtime::GgufTensor& tensor : file.tensors())
        if (!dropped_.contains(tensor.name))
            header.add_tensor(tensor.name, *tensor.format, tensor.shape, tensor.dimensions);
    for (const Added& tensor : added_)
        header.add_tensor(tensor.name, tensor.format, tensor.shape,
                          tensor.shape.rows() == 1 ? 1 : 2);

    runtime::GgufWriter writer(out, header);
    std::size_t index = 0;
    for (const runtime::GgufTensor& tensor : file.tensors())
        if (!dropped_.contains(tensor.name)) writer.write(index++, 0, file.bytes(tensor));
    for (const Added& tensor : added_) {
        std::vector<std::byte> bytes(row_bytes(tensor.format, tensor.shape.values()));
        traits(tensor.format).encode(tensor.values.data(), bytes.data(), tensor.values.size());
        writer.write(index++, 0, bytes);
    }
    writer.finish();
}

std::vector<float> tensor_values(const runtime::GgufFile& file, const std::string& name) {
    const runtime::GgufTensor& tensor = file.tensor(name);
    std::vector<float> values(static_cast<std::size_t>(tensor.shape.values()));
    traits(*tensor.format).decode(file.bytes(tensor).data(), values.data(), values.size());
    return values;
}

}  // namespace edgeroof::test
