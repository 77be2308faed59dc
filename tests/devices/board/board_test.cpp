// SPDX-License-Identifier: Apache-2.0
#include "devices/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices/board/arm_cores.hpp"
#include "devices/board/files.hpp"
#include "devices/discovery.hpp"
#include "devices/topology.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof {
namespace {

using namespace std::string_literals;
using test::Tree;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

void write_cpu(const Tree& tree, int cpu, const std::string& what, const std::string& text) {
    tree.write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/" + what, text + "\n");
}

/// A board with two small and two large Arm cores.
void write_arm_board(const Tree& tree) {
    std::string cpuinfo;
    for (int cpu = 0; cpu < 4; ++cpu) {
        const bool large = cpu >= 2;
        cpuinfo += "processor\t: " + std::to_string(cpu) +
                   "\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd evtstrm aes asimdhp cpuid asimddp\n"
                   "CPU implementer\t: 0x41\nCPU part\t: " +
                   (large ? "0xd0b" : "0xd05") + "\n\n";
        write_cpu(tree, cpu, "cpufreq/cpuinfo_max_freq", large ? "2400000" : "1800000");
        write_cpu(tree, cpu, "cpufreq/cpuinfo_min_freq", "408000");
        write_cpu(tree, cpu, "cpufreq/scaling_max_freq", large ? "2208000" : "1800000");
        write_cpu(tree, cpu, "cpufreq/scaling_governor", "schedutil");
        write_cpu(tree, cpu, "cpufreq/scaling_driver", "cpufreq-dt");
        write_cpu(tree, cpu, "topology/core_id", std::to_string(cpu));
        write_cpu(tree, cpu, "topology/physical_package_id", "0");
        write_cpu(tree, cpu, "cache/index0/level", "1");
        write_cpu(tree, cpu, "cache/index0/type", "Data");
        write_cpu(tree, cpu, "cache/index0/size", large ? "64K" : "32K");
        write_cpu(tree, cpu, "cache/index0/shared_cpu_list", std::to_string(cpu));
        write_cpu(tree, cpu, "cache/index3/level", "3");
        write_cpu(tree, cpu, "cache/index3/type", "Unified");
        write_cpu(tree, cpu, "cache/index3/size", "3M");
        write_cpu(tree, cpu, "cache/index3/shared_cpu_list", "0-3");
    }
    tree.write("proc/cpuinfo", cpuinfo + "Hardware\t: a board\nSerial\t\t: 0000\n");
    tree.write("sys/firmware/devicetree/base/model", "Orange Pi 5\0"s);
    tree.write("sys/firmware/devicetree/base/compatible",
               "xunlong,orangepi-5\0rockchip,rk3588s\0"s);
    tree.write("proc/meminfo", "MemTotal:        8045236 kB\nMemFree:  100 kB\n");
    tree.write("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    tree.write("proc/sys/kernel/osrelease", "6.1.75-vendor\n");
    tree.write("sys/class/devfreq/dmc/cur_freq", "2112000000\n");
    tree.write("sys/class/devfreq/fb000000.gpu/cur_freq", "300000000\n");
}

TEST(Board, AnArmBoardWithTwoKindsOfCores) {
    const Tree tree;
    write_arm_board(tree);
    const BoardFacts board = read_board(tree.root());
    EXPECT_THAT(board.name, Optional("Orange Pi 5"s));
    EXPECT_THAT(board.compatible, ElementsAre("xunlong,orangepi-5", "rockchip,rk3588s"));
    EXPECT_EQ(board.vendor, std::nullopt);
    EXPECT_EQ(board.virtual_machine, std::nullopt);
    EXPECT_EQ(board.cpu, "Cortex-A55 + Cortex-A76");
    EXPECT_EQ(board.cores, 4);
    EXPECT_EQ(board.threads, 4);
    EXPECT_EQ(board.packages, 1);
    ASSERT_THAT(board.clusters, SizeIs(2));
    EXPECT_THAT(board.clusters[0].cpus, ElementsAre(0, 1));
    EXPECT_THAT(board.clusters[1].cpus, ElementsAre(2, 3));
    EXPECT_EQ(board.clusters[1].core, "Cortex-A76");
    EXPECT_EQ(board.clusters[1].greatest_hz, 2.4e9);
    EXPECT_EQ(board.clusters[1].limit_hz, 2.208e9);
    EXPECT_EQ(board.clusters[1].least_hz, 408e6);
    EXPECT_THAT(board.clusters[1].governor, Optional("schedutil"s));
    EXPECT_THAT(board.clusters[1].driver, Optional("cpufreq-dt"s));
    EXPECT_THAT(board.isa_features, ElementsAre("asimd", "asimdhp", "asimddp"));
    ASSERT_THAT(board.caches, SizeIs(3));
    EXPECT_EQ(board.caches[0].kind, "data");
    EXPECT_EQ(board.caches[0].bytes, 32U * 1024);
    EXPECT_EQ(board.caches[0].count, 2);
    EXPECT_EQ(board.caches[2].level, 3);
    EXPECT_EQ(board.caches[2].bytes, 3U << 20);
    EXPECT_EQ(board.caches[2].shared_by, 4);
    EXPECT_EQ(board.caches[2].count, 1);
    EXPECT_EQ(board.memory_bytes, 8045236ULL * 1024);
    EXPECT_EQ(board.memory_hz, 2.112e9);
    EXPECT_EQ(board.os, "Debian GNU/Linux 12 (bookworm)");
    EXPECT_EQ(board.kernel, "6.1.75-vendor");
}

TEST(Board, AVirtualMachineOnX86) {
    const Tree tree;
    tree.write("proc/cpuinfo",
               "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n"
               "flags\t\t: fpu sse4_1 avx avx2 hypervisor fma f16c avx512f\n\n"
               "processor\t: 1\nmodel name\t: Some CPU @ 2.00GHz\n"
               "flags\t\t: fpu sse4_1 avx avx2 hypervisor fma f16c avx512f\n\n");
    // Two hardware threads of one core.
    write_cpu(tree, 0, "topology/core_id", "0");
    write_cpu(tree, 1, "topology/core_id", "0");
    tree.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    tree.write("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n");
    tree.write("sys/class/dmi/id/bios_vendor", "SeaBIOS\n");
    tree.write("sys/class/dmi/id/bios_version", "1.16\n");
    const BoardFacts board = read_board(tree.root());
    EXPECT_EQ(board.cpu, "Some CPU @ 2.00GHz");
    EXPECT_EQ(board.cores, 1);
    EXPECT_EQ(board.threads, 2);
    ASSERT_THAT(board.clusters, SizeIs(1));
    EXPECT_THAT(board.clusters[0].cpus, ElementsAre(0, 1));
    EXPECT_EQ(board.clusters[0].governor, std::nullopt);
    EXPECT_THAT(board.isa_features, ElementsAre("sse4_1", "avx", "avx2", "fma", "f16c", "avx512f"));
    EXPECT_THAT(board.vendor, Optional("QEMU"s));
    EXPECT_THAT(board.name, Optional("Standard PC (Q35 + ICH9, 2009)"s));
    EXPECT_THAT(board.firmware, Optional("SeaBIOS 1.16"s));
    EXPECT_THAT(board.virtual_machine, Optional("QEMU"s));
}

TEST(Board, NothingToReadIsNoError) {
    const Tree tree;
    const BoardFacts board = read_board(tree.root());
    EXPECT_EQ(board.cpu, "unknown");
    EXPECT_EQ(board.threads, 0);
    EXPECT_EQ(board.name, std::nullopt);
    EXPECT_EQ(board.memory_bytes, std::nullopt);
    EXPECT_THAT(board.caches, IsEmpty());
}

TEST(Board, NonsenseIsLeftOut) {
    const Tree tree;
    write_cpu(tree, 0, "cache/index0/level", "one");
    write_cpu(tree, 0, "cache/index1/level", "1");
    write_cpu(tree, 0, "cache/index1/type", "Data");
    write_cpu(tree, 0, "cache/index1/size", "-5K");
    write_cpu(tree, 0, "cpufreq/cpuinfo_max_freq", "0");
    tree.write("proc/cpuinfo", "processor : 0\nprocessor\n\n\nprocessor : x\n\n:::\n");
    tree.write("proc/meminfo", "MemTotal: many\n");
    tree.write("sys/class/dmi/id/product_name/nested", "a folder where a file should be\n");
    const BoardFacts board = read_board(tree.root());
    EXPECT_THAT(board.caches, IsEmpty());
    EXPECT_EQ(board.threads, 1);
    EXPECT_EQ(board.clusters.at(0).greatest_hz, std::nullopt);
    EXPECT_EQ(board.memory_bytes, std::nullopt);
    EXPECT_EQ(board.name, std::nullopt);
}

TEST(Board, CpuLists) {
    EXPECT_THAT(parse_cpu_list("0-3,8"), ElementsAre(0, 1, 2, 3, 8));
    EXPECT_THAT(parse_cpu_list("0 1 2"), ElementsAre(0, 1, 2));
    EXPECT_THAT(parse_cpu_list("5"), ElementsAre(5));
    EXPECT_THAT(parse_cpu_list(""), IsEmpty());
    EXPECT_THAT(parse_cpu_list("3-1,-2,a-b,0-99999999999"), IsEmpty());
}

TEST(Board, ArmCoresByNumber) {
    EXPECT_EQ(arm_core_name(0x41, 0xd08), "Cortex-A72");
    EXPECT_EQ(arm_core_name(0x4e, 0x004), "Carmel");
    EXPECT_EQ(arm_core_name(0x41, 0xfff), "Arm core 0x41/0xfff");
}

TEST(Topology, ProcessorsOfThisMachine) {
    const Topology& machine = topology();
    ASSERT_FALSE(machine.processors.empty());
    EXPECT_GE(machine.cores, 1);
    EXPECT_GE(machine.fast_cores, 1);
    EXPECT_LE(machine.fast_cores, machine.cores);
    EXPECT_LE(machine.cores, static_cast<int>(machine.processors.size()));
    // First all cores' first hardware threads.
    for (int i = 0; i < machine.cores; ++i)
        EXPECT_EQ(machine.processors[static_cast<std::size_t>(i)].sibling, 0);
}

TEST(Discovery, TheCpuIsAlwaysThere) {
    const Discovery list = list_devices();
    ASSERT_THAT(list.found, SizeIs(1));
    EXPECT_EQ(list.found[0].id, "cpu");
    EXPECT_FALSE(list.found[0].name.empty());
    for (const Missing& missing : list.missing) EXPECT_FALSE(missing.why.empty());
}

std::vector<std::string> missing_at(const Tree& tree) {
    std::vector<std::string> all;
    for (const Missing& missing : missing_sensors(tree.root())) {
        EXPECT_FALSE(missing.why.empty());
        all.push_back(missing.what);
    }
    return all;
}

TEST(Discovery, MissingSensorsHaveAReason) {
    const Tree tree;
    EXPECT_THAT(missing_at(tree), ElementsAre("temperature", "CPU clock", "power and energy"));
    tree.write("sys/class/thermal/thermal_zone0/temp", "40000\n");
    EXPECT_THAT(missing_at(tree), ElementsAre("CPU clock", "power and energy"));
    tree.write("proc/cpuinfo", "processor : 0\ncpu MHz : 1000.0\n");
    EXPECT_THAT(missing_at(tree),
                ElementsAre("clock of each cluster of cores", "power and energy"));
    tree.write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1000000\n");
    EXPECT_THAT(missing_at(tree), ElementsAre("power and energy"));
}

TEST(Discovery, PowerThatIsThereButNotReadIsNamed) {
    const Tree tree;
    const auto power = [&] { return missing_sensors(tree.root()).back(); };
    EXPECT_THAT(power().why, testing::HasSubstr("no hwmon chip"));
    tree.write("sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
    tree.write("sys/class/hwmon/hwmon0/temp1_input", "40000\n");
    tree.write("sys/class/hwmon/hwmon0/power/control", "auto\n");  // of every device
    EXPECT_THAT(power().why, testing::HasSubstr("no hwmon chip"));
    tree.write("sys/class/hwmon/hwmon1/name", "ina3221\n");
    tree.write("sys/class/hwmon/hwmon1/curr1_input", "500\n");
    tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "1\n");
    tree.write("sys/class/power_supply/BAT0/type", "Battery\n");
    tree.write("sys/class/power_supply/AC/type", "Mains\n");
    EXPECT_EQ(power().what, "power and energy");
    EXPECT_THAT(power().why, testing::EndsWith("ina3221, intel-rapl:0, BAT0"));
}

TEST(Discovery, AGuestIsToldToAskTheHost) {
    const Tree tree;
    tree.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    for (const Missing& missing : missing_sensors(tree.root()))
        EXPECT_THAT(missing.remedy, testing::HasSubstr("host")) << missing.what;
}

}  // namespace
}  // namespace edgeroof
