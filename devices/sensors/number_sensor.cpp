// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "devices/board/files.hpp"
#include "devices/sensors/sensor.hpp"

namespace edgeroof {
namespace {

class NumberSensor final : public Sensor {
  public:
    explicit NumberSensor(NumberFile file) : file_(std::move(file)) {}
    ~NumberSensor() override { close_file(); }
    NumberSensor(const NumberSensor&) = delete;
    NumberSensor& operator=(const NumberSensor&) = delete;

    std::optional<double> read() override {
        if (descriptor_ < 0) descriptor_ = open(file_.file.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor_ < 0) return std::nullopt;
        std::array<char, 64> text{};
        // From 0 each time: sysfs then asks the driver anew.
        const ssize_t size = pread(descriptor_, text.data(), text.size(), 0);
        if (size <= 0) {  // gone, or asleep: try the path again next time
            close_file();
            return std::nullopt;
        }
        const auto number =
            parse_number(std::string_view(text.data(), static_cast<std::size_t>(size)));
        if (!number) return std::nullopt;
        const double value = static_cast<double>(*number) * file_.scale;
        if (value < file_.least || value > file_.greatest) return std::nullopt;
        return value;
    }

  private:
    void close_file() {
        if (descriptor_ >= 0) close(descriptor_);
        descriptor_ = -1;
    }

    NumberFile file_;
    int descriptor_ = -1;
};

}  // namespace

std::unique_ptr<Sensor> number_sensor(NumberFile file) {
    auto sensor = std::make_unique<NumberSensor>(file);
    sensor->source = file.file.string();
    return sensor;
}

}  // namespace edgeroof
