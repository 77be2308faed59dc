// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices/sensors/sensor.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof {
namespace {

using test::Tree;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::vector<std::string> ids(const Sensors& sensors) {
    std::vector<std::string> all;
    for (const auto& sensor : sensors) all.push_back(sensor->id);
    return all;
}

TEST(Sensors, ThermalZonesInTheirOrder) {
    const Tree tree;
    tree.write("sys/class/thermal/thermal_zone10/temp", "51000\n");
    tree.write("sys/class/thermal/thermal_zone2/temp", "48312\n");
    tree.write("sys/class/thermal/thermal_zone2/type", "cpu-thermal\n");
    tree.write("sys/class/thermal/cooling_device0/type", "Fan\n");
    const Sensors sensors = thermal_zones(tree.root());
    ASSERT_THAT(ids(sensors), ElementsAre("thermal_zone2/temp", "thermal_zone10/temp"));
    EXPECT_EQ(sensors[0]->name, "cpu-thermal temperature");
    EXPECT_EQ(sensors[0]->unit, "degC");
    EXPECT_EQ(sensors[0]->source, (tree.root() / "sys/class/thermal/thermal_zone2/temp").string());
    EXPECT_THAT(sensors[0]->read(), Optional(DoubleEq(48.312)));
    EXPECT_EQ(sensors[1]->name, "thermal_zone10 temperature");
}

TEST(Sensors, ANewValueIsSeen) {
    const Tree tree;
    tree.write("sys/class/thermal/thermal_zone0/temp", "40000\n");
    const Sensors sensors = thermal_zones(tree.root());
    tree.write("sys/class/thermal/thermal_zone0/temp", "41500\n");
    EXPECT_THAT(sensors.at(0)->read(), Optional(DoubleEq(41.5)));
}

TEST(Sensors, OneThatFailsGivesNothingAndMayComeBack) {
    const Tree tree;
    const std::string file = "sys/class/thermal/thermal_zone0/temp";
    tree.write(file, "40000\n");
    const Sensors sensors = thermal_zones(tree.root());
    for (const char* text :
         {"", "broken\n", "-274000\n", "999999999\n", "99999999999999999999\n"}) {
        tree.write(file, text);
        EXPECT_EQ(sensors.at(0)->read(), std::nullopt) << text;
    }
    tree.remove("sys/class/thermal");
    sensors.at(0)->read();  // a file that is open outlives its name; a driver's does not
    tree.write(file, "");
    EXPECT_EQ(sensors.at(0)->read(), std::nullopt);
    tree.write(file, "42000\n");
    EXPECT_NO_THROW(sensors.at(0)->read());
}

TEST(Sensors, UnreadableOnesAreNotListed) {
    const Tree tree;
    tree.write("sys/class/thermal/thermal_zone0/temp", "");
    tree.write("sys/class/thermal/thermal_zone1/type", "asleep\n");
    tree.write("sys/class/thermal/thermal_zone3/temp/nested", "1\n");
    EXPECT_THAT(ids(thermal_zones(tree.root())), IsEmpty());
    EXPECT_THAT(ids(find_sensors(tree.root())), IsEmpty());
}

TEST(Sensors, HwmonChannelsMayHaveGapsAndLabels) {
    const Tree tree;
    tree.write("sys/class/hwmon/hwmon1/name", "k10temp\n");
    tree.write("sys/class/hwmon/hwmon1/temp1_input", "60125\n");
    tree.write("sys/class/hwmon/hwmon1/temp1_label", "Tctl\n");
    tree.write("sys/class/hwmon/hwmon1/temp3_input", "55000\n");
    tree.write("sys/class/hwmon/hwmon1/temp3_crit", "95000\n");
    tree.write("sys/class/hwmon/hwmon1/fan1_input", "1200\n");
    const Sensors sensors = hwmon_temperatures(tree.root());
    ASSERT_THAT(ids(sensors), ElementsAre("hwmon1/temp1", "hwmon1/temp3"));
    EXPECT_EQ(sensors[0]->name, "k10temp Tctl temperature");
    EXPECT_EQ(sensors[1]->name, "k10temp temp3 temperature");
    EXPECT_THAT(sensors[0]->read(), Optional(DoubleEq(60.125)));
}

TEST(Sensors, ClocksOfEachPolicy) {
    const Tree tree;
    tree.write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1800000\n");
    tree.write("sys/devices/system/cpu/cpufreq/policy0/related_cpus", "0 1 2 3\n");
    tree.write("sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "2400000\n");
    tree.write("proc/cpuinfo", "processor : 0\ncpu MHz : 1000.0\n");
    const Sensors sensors = cpu_clocks(tree.root());
    ASSERT_THAT(ids(sensors), ElementsAre("policy0/scaling_cur_freq", "policy4/scaling_cur_freq"));
    EXPECT_EQ(sensors[0]->name, "clock of CPU 0 1 2 3");
    EXPECT_EQ(sensors[0]->unit, "Hz");
    EXPECT_THAT(sensors[0]->read(), Optional(DoubleEq(1.8e9)));
}

TEST(Sensors, CpuInfoStandsInForCpufreq) {
    const Tree tree;
    tree.write("proc/cpuinfo",
               "processor\t: 0\ncpu MHz\t\t: 2000.500\n\n"
               "processor\t: 1\ncpu MHz\t\t: 3000.500\n\n"
               "processor\t: 2\ncpu MHz\t\t: nonsense\n\n"
               "processor\t: 3\n\n");
    const Sensors sensors = cpu_clocks(tree.root());
    ASSERT_THAT(ids(sensors), ElementsAre("cpuinfo/mhz"));
    EXPECT_THAT(sensors[0]->read(), Optional(DoubleEq(2500.5e6)));
    tree.remove("proc");
    EXPECT_EQ(sensors[0]->read(), std::nullopt);
}

TEST(Sensors, ThisMachinesDoNotFail) {
    for (const auto& sensor : find_sensors()) {
        EXPECT_FALSE(sensor->id.empty());
        EXPECT_FALSE(sensor->name.empty());
        EXPECT_FALSE(sensor->source.empty());
        EXPECT_NO_THROW(sensor->read());
    }
}

}  // namespace
}  // namespace edgeroof
