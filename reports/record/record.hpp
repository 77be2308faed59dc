// SPDX-License-Identifier: Apache-2.0
//
// What one run says: the schema `edgeroof.record`, version 1. docs/record.md explains each field,
// record.schema.json states it for other tools. A value that could not be had is absent (an empty
// optional or a missing entry) and Record::absent says why; it is never 0 and never a guess.
//
// Times are nanoseconds of the machine's monotonic clock; sizes are bytes, frequencies hertz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof::reports {

inline constexpr std::string_view schema_name = "edgeroof.record";
inline constexpr std::int64_t schema_version = 1;

struct Tool {
    std::string version;
    std::optional<std::string> git_hash;
    std::string compiler;     ///< "GCC 12.2.0"
    std::string build_type;   ///< "Release"
    std::string build_flags;  ///< as given to the compiler
};

struct Run {
    std::string id;                       ///< "raspberry-pi-5-20261121T073000Z"
    std::string started;                  ///< UTC, ISO 8601
    std::optional<std::string> finished;  ///< UTC; absent: interrupted
    std::int64_t started_ns = 0;          ///< monotonic clock at `started`
    std::vector<std::string> command;     ///< argv
};

struct Cache {
    std::int32_t level = 0;
    std::string kind;            ///< "data", "instruction", "unified"
    std::uint64_t bytes = 0;     ///< of one
    std::int32_t shared_by = 1;  ///< hardware threads that share one
    std::int32_t count = 1;
};

/// Cores of one kind: a big.LITTLE cluster; a homogeneous CPU is one.
struct Cluster {
    std::string name;  ///< "Cortex-A76", or the CPU's name
    std::int32_t cores = 0;
    std::int32_t threads = 0;
    std::vector<std::int32_t> cpus;  ///< the system's numbers
    std::optional<double> min_hz, max_hz, found_hz;
    std::optional<std::string> governor;
};

/// A figure of the board's datasheet, in SI units ("byte/s", "FLOP/s", "W").
struct Promise {
    std::string name;  ///< "DRAM bandwidth"
    double value = 0.0;
    std::string unit;
    std::string source;  ///< where it is published
};

struct Board {
    std::optional<std::string> matched;  ///< id of the board file that fits
    std::vector<std::string> matched_by;
    std::optional<std::string> name;  ///< as the board file or the firmware calls it
    std::optional<std::string> soc;
    std::string cpu;           ///< "AMD EPYC 9R14"
    std::string architecture;  ///< "x86_64", "aarch64", "riscv64"
    std::int32_t cores = 0;
    std::int32_t threads = 0;
    std::vector<Cluster> clusters;
    std::vector<std::string> isa_features;
    std::vector<Cache> caches;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::string> memory_kind;  ///< "LPDDR4X-4267, 32 bit"
    std::optional<double> memory_hz;         ///< DDR or DMC clock as found
    std::string os;
    std::string kernel;
    std::optional<std::string> firmware;
    std::optional<std::string> cooling;          ///< as declared by whoever ran it
    std::optional<std::string> supply;           ///< as declared
    std::optional<std::string> ambient;          ///< as declared
    std::optional<std::string> virtual_machine;  ///< hypervisor's name; absent: bare metal
    std::vector<Promise> promises;
};

struct Device {
    std::string id;  ///< "cpu", "vulkan:0"
    std::string name;
    std::string driver;     ///< name and version; for a CPU the ISA path in use
    bool software = false;  ///< a CPU that plays a GPU: never a GPU figure
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> last_level_cache_bytes;
    std::optional<std::int32_t> threads;
};

struct Profile {
    std::string name;
    std::optional<std::string> path;
    std::string text;  ///< the YAML, verbatim
};

struct Model {
    std::string id;     ///< what measurements refer to; unique
    std::string label;  ///< what it is called: "smollm2-135m:Q4_0"; the content is tensor_bytes
    std::optional<std::string> path;
    std::optional<std::string> hash;         ///< hexadecimal
    std::optional<std::string> hash_method;  ///< "sha256", or a documented faster one
    std::string architecture;                ///< "llama"
    std::uint64_t parameters = 0;
    std::uint64_t file_bytes = 0;
    std::map<std::string, std::uint64_t> tensor_bytes;  ///< by format: {"Q4_0": 75000000, ...}
    std::optional<std::int64_t> context_length;
    bool random_weights =
        false;  ///< made for its shape: its speed means something, its text does not
};

enum class Kind : std::uint8_t { roof, op, prefill, decode, latency, ttft, profiled };
/// What a roof bounds: bytes per second, operations per second, those of a number format's own
/// matmul kernel where no memory holds it back, the time of an access that waits for the last.
enum class Resource : std::uint8_t { memory, compute, kernel, latency };

/// What a measurement of kind roof bounds.
struct Roof {
    Resource resource = Resource::memory;
    std::string name;  ///< "DRAM read", "FP32 FMA": roofs of one name are one line of the chart
    std::optional<std::string> level;  ///< "L1", "L2", "L3", "DRAM"
};

/// The operator of a measurement of kind op (and of a roof: a graph of one).
struct Operator {
    std::string name;                 ///< "blk.*.attn_q"
    std::string kind;                 ///< "matmul", "attention", "stream_read"
    std::string format;               ///< of what it reads most: "Q4_0"
    std::vector<std::int64_t> shape;  ///< innermost first: a matmul's {k, m}
};

/// The least that has to be done, by the work model. Of everything one repetition does.
struct Work {
    std::uint64_t flops = 0;  ///< multiply and add count one each; int8 operations likewise
    std::uint64_t weight_bytes = 0;
    std::uint64_t state_bytes = 0;  ///< KV cache read and written
    std::uint64_t activation_bytes = 0;

    std::uint64_t bytes() const { return weight_bytes + state_bytes + activation_bytes; }
};

struct Sample {
    std::int64_t start_ns = 0;  ///< monotonic
    std::int64_t ns = 0;        ///< duration of Measurement::repetitions repetitions
};

struct WarmUp {
    std::int64_t count = 0;  ///< samples thrown away
    std::int64_t ns = 0;

    WarmUp& operator+=(const WarmUp& more) {
        count += more.count;
        ns += more.ns;
        return *this;
    }
};

enum class StopReason : std::uint8_t {
    precision,
    time_cap,
    sample_cap,
    fixed_count,
    interrupted,
    failed,
    entropy  ///< the samples' distribution had settled
};

struct Stop {
    StopReason reason = StopReason::fixed_count;
    /// Half-width of the 95 % interval over the median: asked for, and reached.
    std::optional<double> precision_target, precision_reached;
};

enum class State : std::uint8_t { ok, suspect, disturbed, throttled, failed };

struct Validity {
    State state = State::ok;
    std::vector<std::string> reasons;  ///< one sentence each; none where ok
};

/// What processor or kernel counted over all samples (docs/counters.md).
struct Counter {
    std::string name;  ///< "cycles", "context switches"
    double value = 0.0;
    std::string unit;          ///< "1", "s", "byte", "J"
    std::string source;        ///< "perf_event perf::CYCLES"
    bool multiplexed = false;  ///< it took turns with others, and is scaled up
};

struct Counted {
    std::vector<Counter> counters;
    /// Indices of samples in which a thread was switched away or moved to another CPU; absent where
    /// neither is counted.
    std::optional<std::vector<std::uint64_t>> interrupted;
};

struct Measurement {
    std::string id;  ///< unique in the record: "decode/smollm2-135m:Q4_0/d0"
    Kind kind = Kind::op;
    std::string device;                ///< Device::id
    std::optional<std::string> model;  ///< Model::id
    std::optional<Roof> roof;          ///< with kind roof
    std::optional<Operator> op;        ///< with kind op, and roof
    /// Graph operators that this one stands for (one kind and shape, repeated per layer). Measured
    /// alone, a sample is the time of one of them; in a step (in_step), of all.
    std::vector<std::string> members;
    bool in_step = false;  ///< op: timed inside the running step `step`
    /// op: id of the whole prefill or decode it is part of; profiled: of the one it repeats
    std::optional<std::string> step;

    std::int64_t tokens = 1;  ///< tokens that one repetition processes (prompt, or generated)
    std::int64_t depth = 0;   ///< tokens cached before it
    std::optional<std::int32_t> threads;
    std::optional<std::string> isa;
    /// What else was chosen: {"kv": "F16"}. "arithmetic" of a matmul, or of a step's matmuls:
    /// "FP32", "BF16" or "INT8", whose roof bounds it. "cache" of an operator alone: "cold" where its weights
    /// and states pass through more memory than the last-level cache, else "warm". "roof_search":
    /// it lay above its roof, which was then searched again; the roofs are those of the last search.
    /// "burst": a read after a rest, which bounds only what reads as many bytes at a time.
    std::map<std::string, std::string> settings;

    Work work;                     ///< of one repetition
    std::int64_t repetitions = 1;  ///< within one sample
    std::vector<Sample> samples;   ///< in order of time; latency: one per token
    /// Index of the first sample of each turn. Things that are compared are measured in turns; a
    /// ratio is taken between neighbouring turns. Empty: one turn.
    std::vector<std::uint64_t> turns;
    /// Ids of the roofs measured beside this, before and after its turns.
    std::vector<std::string> roofs;

    std::optional<Counted> counted;  ///< absent where nothing was counted

    WarmUp warm_up;
    Stop stop;
    Validity validity;
};

struct Reading {
    std::int64_t t_ns = 0;  ///< monotonic
    double value = 0.0;
};

struct Sensor {
    std::string id;      ///< unique: "thermal_zone0/temp"
    std::string name;    ///< "CPU temperature"
    std::string unit;    ///< "Hz", "degC", "W", "J", "1"
    std::string source;  ///< "/sys/class/thermal/thermal_zone0/temp"
    double nominal_hz = 0.0;
    std::optional<double> seen_hz;
    std::optional<double> overhead_ns;  ///< of one reading, measured
    std::vector<Reading> readings;
};

/// How much two measurements of the same thing differ on a machine when one is made later.
struct NoiseAtDistance {
    double seconds = 0.0;                  ///< apart
    double difference = 0.0;               ///< half differ by less
    std::optional<double> difference_p90;  ///< 9 of 10 differ by less
};

struct NoiseSeries {
    std::string id;    ///< "DRAM read"
    std::string unit;  ///< of its rate: "byte/s", "FLOP/s", "token/s"
    /// One right after the other, 95 of 100 differ by less; absent below 100 pairs.
    std::optional<double> floor;
    std::vector<NoiseAtDistance> over_time;
};

/// What an A/A study of this machine (docs/statistics.md) had found when the run was made.
/// Differences are of logarithms: 0.02 is 2 %.
struct Noise {
    std::string started;  ///< UTC
    std::string cpu;
    std::string device;  ///< Device::id
    std::int32_t threads = 1;
    std::string isa;
    std::int64_t pairs = 0;  ///< of measurements
    std::vector<NoiseSeries> series;
};

/// Something that this record does not say.
struct Absence {
    std::string what;  ///< a field ("board.memory_hz") or a thing ("prefill on vulkan:0")
    std::string why;
    std::optional<std::string> remedy;  ///< how to get it
};

struct Record {
    Tool tool;
    Run run;
    Board board;
    std::vector<Device> devices;
    Profile profile;
    std::vector<Model> models;
    std::vector<Measurement> measurements;
    std::vector<Sensor> sensors;
    std::optional<double> sampler_overhead;  ///< share of one core that sampling took, measured
    /// Time that starting and stopping the counters once takes, around each sample, outside its
    /// time.
    std::optional<double> counter_overhead_ns;
    std::optional<Noise> noise;
    std::vector<Absence> absent;
    std::vector<std::string> notes;  ///< of the run: "resumed", "a torn journal line was dropped"

    const Measurement* find(std::string_view id) const;
};

std::string_view name(Kind kind);
std::string_view name(Resource resource);
std::string_view name(StopReason reason);
std::string_view name(State state);

}  // namespace edgeroof::reports
