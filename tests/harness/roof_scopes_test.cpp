// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_scopes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

constexpr std::uint64_t kibibyte = 1024, mebibyte = 1024 * kibibyte;

const std::vector<std::string> all_scopes{"1", "cluster", "all"};

// Machines as the system describes them: {level, bytes, shared by, count}.

TEST(RoofScopes, CoresThatShareTheOneLastCacheAreAllThereAre) {
    const Cores epyc_vm{
        {{1, 32 * kibibyte, 1, 2}, {2, mebibyte, 1, 2}, {3, 32 * mebibyte, 2, 1}}, 2, 2};
    EXPECT_FALSE(cluster_cores(epyc_vm.caches, epyc_vm.fast, epyc_vm.count));
    EXPECT_THAT(scope_threads(all_scopes, epyc_vm), ElementsAre(1, 2));
    // Asked for alone, it is all cores.
    EXPECT_THAT(scope_threads({"cluster"}, epyc_vm), ElementsAre(2));
}

TEST(RoofScopes, CoreComplexesOfSeveralLastCaches) {
    const Cores epyc{
        {{1, 32 * kibibyte, 1, 32}, {2, mebibyte, 1, 32}, {3, 32 * mebibyte, 8, 4}}, 32, 32};
    EXPECT_THAT(cluster_cores(epyc.caches, epyc.fast, epyc.count), Optional(8));
    EXPECT_THAT(scope_threads(all_scopes, epyc), ElementsAre(1, 8, 32));
}

TEST(RoofScopes, CoresThatShareASecondLevelUnderOneThird) {
    // Gracemont: four cores share 4 MiB of L2; a memory-side cache serves all.
    const Cores atoms{
        {{1, 32 * kibibyte, 1, 8}, {2, 4 * mebibyte, 4, 2}, {3, 6 * mebibyte, 8, 1}}, 8, 8};
    EXPECT_THAT(scope_threads(all_scopes, atoms), ElementsAre(1, 4, 8));
}

TEST(RoofScopes, KindsOfCoresUnderOneCache) {
    // RK3588: four A76 and four A55 under one L3, each with an L2 of its own.
    const Cores rk3588{
        {{1, 32 * kibibyte, 1, 8}, {2, 128 * kibibyte, 1, 8}, {3, 3 * mebibyte, 8, 1}}, 4, 8};
    EXPECT_THAT(cluster_cores(rk3588.caches, rk3588.fast, rk3588.count), Optional(4));
    EXPECT_THAT(scope_threads(all_scopes, rk3588), ElementsAre(1, 4, 8));
    // With threads on the fast cores alone there is one cluster.
    EXPECT_THAT(scope_threads(all_scopes, {rk3588.caches, 4, 4}), ElementsAre(1, 4));
}

TEST(RoofScopes, MachinesOfOneCoreAndOfUnknownCaches) {
    EXPECT_THAT(scope_threads(all_scopes, {{}, 0, 4}), ElementsAre(1, 4));
    EXPECT_THAT(scope_threads(all_scopes, {{{1, 32 * kibibyte, 1, 1}}, 1, 1}), ElementsAre(1));
    EXPECT_THAT(scope_threads({"3", "all"}, {{}, 0, 4}), ElementsAre(3, 4));
}

TEST(RoofScopes, RefuseWhatIsNone) {
    for (const char* wrong : {"0", "-1", "1025", "two", "", "1x"}) {
        SCOPED_TRACE(wrong);
        EXPECT_THROW(check_scope(wrong), InputError);
        EXPECT_THROW(scope_threads({wrong}, {{}, 0, 4}), InputError);
    }
    for (const char* right : {"1", "1024", "cluster", "all"}) EXPECT_NO_THROW(check_scope(right));
    EXPECT_EQ(threads_text(1), "1 thread");
    EXPECT_EQ(threads_text(8), "8 threads");
}

}  // namespace
}  // namespace edgeroof::harness
