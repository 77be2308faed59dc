// SPDX-License-Identifier: Apache-2.0
#include "devices/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices/board/cpu_quota.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof {
namespace {

using test::Tree;
using testing::ElementsAre;
using testing::Optional;

/// As hwloc finds it where it knows no kinds: `count` cores of one thread each.
Topology cores(int count) {
    Topology topology;
    for (int cpu = 0; cpu < count; ++cpu) topology.processors.push_back({cpu, cpu, 0, 0, 0});
    return topology;
}

void write_capacities(const Tree& tree, const std::vector<int>& capacities) {
    for (std::size_t cpu = 0; cpu < capacities.size(); ++cpu)
        tree.write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpu_capacity",
                   std::to_string(capacities[cpu]) + "\n");
}

std::vector<int> order(const Topology& topology) {
    std::vector<int> cpus;
    for (const Processor& cpu : topology.processors) cpus.push_back(cpu.os_index);
    return cpus;
}

TEST(Topology, FastCoresComeFirstByCapacity) {
    const Tree tree;
    write_capacities(tree, {530, 530, 530, 530, 1024, 1024, 1024, 1000});  // an RK3588, nearly
    Topology topology = cores(8);
    refine(topology, tree.root());
    EXPECT_THAT(order(topology), ElementsAre(4, 5, 6, 7, 0, 1, 2, 3));
    EXPECT_EQ(topology.cores, 8);
    EXPECT_EQ(topology.fast_cores, 4);
    EXPECT_EQ(topology.processors[3].kind, topology.processors[0].kind);
    EXPECT_GT(topology.processors[3].kind, topology.processors[4].kind);
    EXPECT_EQ(topology.processors[4].capacity, 530);
}

TEST(Topology, BigCoresBesideAPrimeOneAreFast) {
    const Tree tree;
    write_capacities(tree, {250, 250, 250, 870, 870, 1024});
    Topology topology = cores(6);
    refine(topology, tree.root());
    EXPECT_THAT(order(topology), ElementsAre(5, 3, 4, 0, 1, 2));
    EXPECT_EQ(topology.fast_cores, 3);
    EXPECT_EQ(default_threads(topology), 3);
}

TEST(Topology, KindsStandWhereACapacityIsMissingOrAbsurd) {
    for (const int odd : {0, -5, 1 << 20}) {
        const Tree tree;
        write_capacities(tree, {1024, odd});
        Topology topology = cores(2);
        topology.processors[1].kind = 1;
        refine(topology, tree.root());
        EXPECT_THAT(order(topology), ElementsAre(1, 0));
        EXPECT_EQ(topology.fast_cores, 1);
    }
}

TEST(Topology, SecondHardwareThreadsComeLast) {
    const Tree tree;
    Topology topology;
    for (int cpu = 0; cpu < 4; ++cpu) topology.processors.push_back({cpu, cpu / 2, 0, 0, 0});
    refine(topology, tree.root());
    EXPECT_THAT(order(topology), ElementsAre(0, 2, 1, 3));
    EXPECT_EQ(topology.cores, 2);
    EXPECT_EQ(topology.fast_cores, 2);
}

TEST(Topology, TheQuotaBoundsTheThreads) {
    const Tree tree;
    tree.write("proc/self/cgroup", "0::/\n");
    tree.write("sys/fs/cgroup/cpu.max", "150000 100000\n");
    Topology topology = cores(4);
    refine(topology, tree.root());
    EXPECT_THAT(topology.cpu_quota, Optional(1.5));
    EXPECT_EQ(default_threads(topology), 1);
    tree.write("sys/fs/cgroup/cpu.max", "20000 100000\n");
    refine(topology, tree.root());
    EXPECT_EQ(default_threads(topology), 1);  // never none
    tree.write("sys/fs/cgroup/cpu.max", "9223372036854775807 1\n");
    refine(topology, tree.root());
    EXPECT_EQ(default_threads(topology), 4);
}

TEST(CpuQuota, IsTheLeastOfTheGroupsAboveInVersion2) {
    const Tree tree;
    tree.write("proc/self/cgroup", "0::/outer/inner/leaf\n");
    tree.write("sys/fs/cgroup/outer/cpu.max", "200000 100000\n");
    tree.write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    EXPECT_THAT(cpu_quota(tree.root()), Optional(2.0));
    tree.write("sys/fs/cgroup/outer/inner/leaf/cpu.max", "50000 100000\n");
    EXPECT_THAT(cpu_quota(tree.root()), Optional(0.5));
}

TEST(CpuQuota, OfAContainerThatSeesItsPathOnTheHost) {
    const Tree tree;
    for (const char* path : {"/system.slice/docker-4f2.scope", "/../../kubepods/pod1", "/"}) {
        tree.write("proc/self/cgroup", std::string("0::") + path + "\n");
        tree.write("sys/fs/cgroup/cpu.max", "300000 100000\n");
        EXPECT_THAT(cpu_quota(tree.root()), Optional(3.0)) << path;
    }
}

TEST(CpuQuota, OfVersion1) {
    const Tree tree;
    tree.write("proc/self/cgroup",
               "12:cpuset:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n0::/box\n");
    tree.write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "250000\n");
    tree.write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
    tree.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    tree.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    EXPECT_THAT(cpu_quota(tree.root()), Optional(2.5));
    tree.remove("sys/fs/cgroup/cpu,cpuacct/box");
    EXPECT_EQ(cpu_quota(tree.root()), std::nullopt);
}

TEST(CpuQuota, NoneWhereNothingSensibleIsSaid) {
    const Tree tree;
    EXPECT_EQ(cpu_quota(tree.root()), std::nullopt);
    tree.write("proc/self/cgroup", "0::/\n");
    EXPECT_EQ(cpu_quota(tree.root()), std::nullopt);
    for (const char* text : {"max 100000", "", "100000", "0 100000", "5 0", "-1 100000", "a b"}) {
        tree.write("sys/fs/cgroup/cpu.max", text);
        EXPECT_EQ(cpu_quota(tree.root()), std::nullopt) << text;
    }
    tree.write("proc/self/cgroup", "nonsense\n:\n::\n0:\n");
    EXPECT_EQ(cpu_quota(tree.root()), std::nullopt);
}

}  // namespace
}  // namespace edgeroof
