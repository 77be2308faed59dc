// SPDX-License-Identifier: Apache-2.0
//
// The one list of each struct's fields. Reading, writing and the comparison with
// record.schema.json walk it: `a(key, member)` in the order in which the file has them.
#pragma once

#include <concepts>
#include <type_traits>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

template <class T, class Struct>
concept Of = std::same_as<std::remove_const_t<T>, Struct>;

template <class A>
void fields(A& a, Of<Tool> auto& x) {
    a("version", x.version);
    a("git_hash", x.git_hash);
    a("compiler", x.compiler);
    a("build_type", x.build_type);
    a("build_flags", x.build_flags);
}

template <class A>
void fields(A& a, Of<Run> auto& x) {
    a("id", x.id);
    a("started", x.started);
    a("finished", x.finished);
    a("started_ns", x.started_ns);
    a("command", x.command);
}

template <class A>
void fields(A& a, Of<Cache> auto& x) {
    a("level", x.level);
    a("kind", x.kind);
    a("bytes", x.bytes);
    a("shared_by", x.shared_by);
    a("count", x.count);
}

template <class A>
void fields(A& a, Of<Cluster> auto& x) {
    a("name", x.name);
    a("cores", x.cores);
    a("threads", x.threads);
    a("cpus", x.cpus);
    a("min_hz", x.min_hz);
    a("max_hz", x.max_hz);
    a("found_hz", x.found_hz);
    a("governor", x.governor);
}

template <class A>
void fields(A& a, Of<Promise> auto& x) {
    a("name", x.name);
    a("value", x.value);
    a("unit", x.unit);
    a("source", x.source);
}

template <class A>
void fields(A& a, Of<Board> auto& x) {
    a("matched", x.matched);
    a("matched_by", x.matched_by);
    a("name", x.name);
    a("soc", x.soc);
    a("cpu", x.cpu);
    a("architecture", x.architecture);
    a("cores", x.cores);
    a("threads", x.threads);
    a("clusters", x.clusters);
    a("isa_features", x.isa_features);
    a("caches", x.caches);
    a("memory_bytes", x.memory_bytes);
    a("memory_kind", x.memory_kind);
    a("memory_hz", x.memory_hz);
    a("os", x.os);
    a("kernel", x.kernel);
    a("firmware", x.firmware);
    a("cooling", x.cooling);
    a("supply", x.supply);
    a("ambient", x.ambient);
    a("virtual_machine", x.virtual_machine);
    a("promises", x.promises);
}

template <class A>
void fields(A& a, Of<Device> auto& x) {
    a("id", x.id);
    a("name", x.name);
    a("driver", x.driver);
    a("software", x.software);
    a("memory_bytes", x.memory_bytes);
    a("last_level_cache_bytes", x.last_level_cache_bytes);
    a("threads", x.threads);
}

template <class A>
void fields(A& a, Of<Profile> auto& x) {
    a("name", x.name);
    a("path", x.path);
    a("text", x.text);
}

template <class A>
void fields(A& a, Of<Model> auto& x) {
    a("id", x.id);
    a("label", x.label);
    a("path", x.path);
    a("hash", x.hash);
    a("hash_method", x.hash_method);
    a("architecture", x.architecture);
    a("parameters", x.parameters);
    a("file_bytes", x.file_bytes);
    a("tensor_bytes", x.tensor_bytes);
    a("context_length", x.context_length);
    a("random_weights", x.random_weights);
}

template <class A>
void fields(A& a, Of<Roof> auto& x) {
    a("resource", x.resource);
    a("name", x.name);
    a("level", x.level);
}

template <class A>
void fields(A& a, Of<Operator> auto& x) {
    a("name", x.name);
    a("kind", x.kind);
    a("format", x.format);
    a("shape", x.shape);
}

template <class A>
void fields(A& a, Of<Work> auto& x) {
    a("flops", x.flops);
    a("weight_bytes", x.weight_bytes);
    a("state_bytes", x.state_bytes);
    a("activation_bytes", x.activation_bytes);
}

template <class A>
void fields(A& a, Of<WarmUp> auto& x) {
    a("count", x.count);
    a("ns", x.ns);
}

template <class A>
void fields(A& a, Of<Stop> auto& x) {
    a("reason", x.reason);
    a("precision_target", x.precision_target);
    a("precision_reached", x.precision_reached);
}

template <class A>
void fields(A& a, Of<Validity> auto& x) {
    a("state", x.state);
    a("reasons", x.reasons);
}

template <class A>
void fields(A& a, Of<Counter> auto& x) {
    a("name", x.name);
    a("value", x.value);
    a("unit", x.unit);
    a("source", x.source);
    a("multiplexed", x.multiplexed);
}

template <class A>
void fields(A& a, Of<Counted> auto& x) {
    a("counters", x.counters);
    a("interrupted", x.interrupted);
}

template <class A>
void fields(A& a, Of<Measurement> auto& x) {
    a("id", x.id);
    a("kind", x.kind);
    a("device", x.device);
    a("model", x.model);
    a("roof", x.roof);
    a("operator", x.op);
    a("members", x.members);
    a("in_step", x.in_step);
    a("step", x.step);
    a("tokens", x.tokens);
    a("depth", x.depth);
    a("threads", x.threads);
    a("isa", x.isa);
    a("settings", x.settings);
    a("work", x.work);
    a("repetitions", x.repetitions);
    a("samples", x.samples);
    a("turns", x.turns);
    a("roofs", x.roofs);
    a("counted", x.counted);
    a("warm_up", x.warm_up);
    a("stop", x.stop);
    a("validity", x.validity);
}

template <class A>
void fields(A& a, Of<Sensor> auto& x) {
    a("id", x.id);
    a("name", x.name);
    a("unit", x.unit);
    a("source", x.source);
    a("nominal_hz", x.nominal_hz);
    a("seen_hz", x.seen_hz);
    a("overhead_ns", x.overhead_ns);
    a("readings", x.readings);
}

template <class A>
void fields(A& a, Of<NoiseAtDistance> auto& x) {
    a("seconds", x.seconds);
    a("difference", x.difference);
    a("difference_p90", x.difference_p90);
}

template <class A>
void fields(A& a, Of<NoiseSeries> auto& x) {
    a("id", x.id);
    a("unit", x.unit);
    a("floor", x.floor);
    a("over_time", x.over_time);
}

template <class A>
void fields(A& a, Of<Noise> auto& x) {
    a("started", x.started);
    a("cpu", x.cpu);
    a("device", x.device);
    a("threads", x.threads);
    a("isa", x.isa);
    a("pairs", x.pairs);
    a("series", x.series);
}

template <class A>
void fields(A& a, Of<Absence> auto& x) {
    a("what", x.what);
    a("why", x.why);
    a("remedy", x.remedy);
}

template <class A>
void fields(A& a, Of<Record> auto& x) {
    a("tool", x.tool);
    a("run", x.run);
    a("board", x.board);
    a("devices", x.devices);
    a("profile", x.profile);
    a("models", x.models);
    a("measurements", x.measurements);
    a("sensors", x.sensors);
    a("sampler_overhead", x.sampler_overhead);
    a("counter_overhead_ns", x.counter_overhead_ns);
    a("noise", x.noise);
    a("absent", x.absent);
    a("notes", x.notes);
}

}  // namespace edgeroof::reports
