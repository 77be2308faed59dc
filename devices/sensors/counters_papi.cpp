// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <papi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>

#include "devices/board.hpp"
#include "devices/sensors/counters.hpp"

namespace edgeroof {
namespace {

/// A counter of threads: the first event of the list that there is.
struct Wanted {
    const char* name;
    const char* unit;
    double scale;
    std::vector<const char*> events;
};

/// PAPI's presets know the processor; perf's generic events are the kernel's choice for it.
const std::vector<Wanted>& hardware() {
    static const std::vector<Wanted> list{
        {"cycles", "1", 1.0, {"PAPI_TOT_CYC", "perf::CYCLES"}},
        {"instructions", "1", 1.0, {"PAPI_TOT_INS", "perf::INSTRUCTIONS"}},
        {"L1 data cache misses", "1", 1.0, {"PAPI_L1_DCM", "perf::L1-DCACHE-LOAD-MISSES"}},
        {"L2 cache misses", "1", 1.0, {"PAPI_L2_TCM", "PAPI_L2_DCM"}},
        {"last-level cache misses", "1", 1.0, {"PAPI_L3_TCM", "perf::CACHE-MISSES"}},
        {"branch misses", "1", 1.0, {"PAPI_BR_MSP", "perf::BRANCH-MISSES"}},
        {"floating-point operations", "1", 1.0, {"PAPI_FP_OPS", "PAPI_SP_OPS"}},
        {"stalled cycles", "1", 1.0, {"PAPI_RES_STL", "perf::STALLED-CYCLES-BACKEND"}},
    };
    return list;
}

/// Switches happen within the kernel, which is counted only where asked for and allowed.
const std::vector<Wanted>& software() {
    static const std::vector<Wanted> list{
        {"task clock", "s", 1e-9, {"perf::TASK-CLOCK"}},
        {context_switches_name, "1", 1.0, {"perf::CONTEXT-SWITCHES:u=1:k=1"}},
        {migrations_name, "1", 1.0, {"perf::CPU-MIGRATIONS:u=1:k=1"}},
        {"page faults", "1", 1.0, {"perf::PAGE-FAULTS:u=1:k=1", "perf::PAGE-FAULTS"}},
    };
    return list;
}

/// A counter of the whole machine, the sum over all events of a component that fit.
struct MachineWide {
    const char* name;
    const char* unit;
    double scale;
    const char* component;
    std::string_view word;     ///< in the event's name; where there is a suffix, in the PMU's
    std::string_view without;  ///< not in it
    const char* suffix;        ///< of uncore events, which PAPI does not list with their masks
};

constexpr auto machine_wide = std::to_array<MachineWide>({
    // A CAS command of Intel's memory controllers moves a line of 64 bytes.
    {"DRAM bytes read", "byte", 64.0, "perf_event_uncore", "unc_imc", "free_running",
     "::UNC_M_CAS_COUNT:RD:cpu=0"},
    {"DRAM bytes written", "byte", 64.0, "perf_event_uncore", "unc_imc", "free_running",
     "::UNC_M_CAS_COUNT:WR:cpu=0"},
    // PAPI's own units: nanojoule, microjoule, millijoule. A subzone is part of its zone.
    {"package energy (RAPL)", "J", 1e-9, "rapl", "PACKAGE_ENERGY:", "_CNT", nullptr},
    {"package energy (powercap)", "J", 1e-6, "powercap", "ENERGY_UJ:ZONE", "SUBZONE", nullptr},
    {"GPU energy", "J", 1e-3, "nvml", "total_energy_consumption", "?", nullptr},
});

/// Greatest kernel.perf_event_paranoid at which a program that is not root may count itself, and
/// what the kernel does for it (perf_event_open(2)).
constexpr int own_level = 2, kernel_level = 1;

std::optional<int> perf_event_paranoid() {
    std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
    int level = 0;
    return file >> level ? std::optional(level) : std::nullopt;
}

/// All events of one component for one thread, or for the machine: PAPI runs one set of each.
class EventSet {
  public:
    struct Event {
        std::string name, unit, source;
        double scale;
    };

    /// thread 0: the machine.
    EventSet(int component, pid_t thread) : component_(component), thread_(thread) { make(); }
    ~EventSet() { destroy(); }
    EventSet(const EventSet&) = delete;
    EventSet& operator=(const EventSet&) = delete;

    /// PAPI_OK, or why not. Where the counters don't suffice, all take turns from then on.
    int add(const char* event, Event entry) {
        int result = PAPI_add_named_event(id_, event);
        if (result == PAPI_ECNFLCT && !names_.empty() && !multiplexed_) {
            multiplexed_ = true;
            destroy();
            make();
            for (const std::string& name : names_) PAPI_add_named_event(id_, name.c_str());
            result = PAPI_add_named_event(id_, event);
        }
        if (result != PAPI_OK) return result;
        names_.emplace_back(event);
        events_.push_back(std::move(entry));
        return PAPI_OK;
    }

    void start() { started_ = !events_.empty() && PAPI_start(id_) == PAPI_OK; }

    /// Values since start(), scaled; empty where it did not count.
    std::vector<double> stop() {
        if (!started_) return {};
        std::vector<long long> raw(events_.size());
        started_ = false;
        if (PAPI_stop(id_, raw.data()) != PAPI_OK) return {};
        std::vector<double> values;
        for (std::size_t i = 0; i < raw.size(); ++i)
            values.push_back(static_cast<double>(raw[i]) * events_[i].scale);
        return values;
    }

    bool is_machines(int component) const { return thread_ == 0 && component_ == component; }
    int attached() const { return attached_; }  ///< PAPI_OK, or why not
    const std::vector<Event>& events() const { return events_; }
    bool multiplexed() const { return multiplexed_; }

  private:
    void make() {
        if (PAPI_create_eventset(&id_) != PAPI_OK) return;
        PAPI_assign_eventset_component(id_, component_);
        if (multiplexed_) PAPI_set_multiplex(id_);
        // The thread that counts needs no attaching. In a guest without a PMU there is none: PAPI
        // tries it with a hardware counter.
        if (thread_ > 0 && thread_ != gettid())
            attached_ = PAPI_attach(id_, static_cast<unsigned long>(thread_));
    }
    void destroy() {
        if (id_ == PAPI_NULL) return;
        std::vector<long long> raw(events_.size() + 1);
        if (started_) PAPI_stop(id_, raw.data());
        PAPI_cleanup_eventset(id_);
        PAPI_destroy_eventset(&id_);
    }

    int component_;
    pid_t thread_;
    int id_ = PAPI_NULL, attached_ = PAPI_OK;
    bool started_ = false, multiplexed_ = false;
    std::vector<std::string> names_;
    std::vector<Event> events_;
};

using Sets = std::vector<std::unique_ptr<EventSet>>;

class PapiCounters final : public Counters {
  public:
    explicit PapiCounters(Sets sets) : sets_(std::move(sets)) {}

    void start() override {
        for (const auto& set : sets_) set->start();
    }

    std::vector<Count> stop() override {
        // All are stopped before anything else is done, in the order in which they were started.
        std::vector<std::vector<double>> values;
        for (const auto& set : sets_) values.push_back(set->stop());
        std::vector<Count> counts;
        for (std::size_t i = 0; i < sets_.size(); ++i) add(*sets_[i], values[i], counts);
        return counts;
    }

  private:
    static void add(const EventSet& set, const std::vector<double>& values,
                    std::vector<Count>& counts) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const EventSet::Event& event = set.events()[i];
            auto count = std::ranges::find(counts, event.name, &Count::name);
            if (count == counts.end())
                count = counts.insert(counts.end(),
                                      Count{event.name, event.unit, 0.0, event.source, false});
            count->value += values[i];
            count->multiplexed |= set.multiplexed();
        }
    }

    Sets sets_;
};

bool library_is_ready() {
    static const bool ready =
        PAPI_library_init(PAPI_VER_CURRENT) == PAPI_VER_CURRENT && PAPI_multiplex_init() == PAPI_OK;
    return ready;
}

/// Empty: it is ready.
std::string why_not(const char* component, int& index) {
    index = PAPI_get_component_index(component);
    if (index < 0) return fmt::format("this PAPI was built without its component {}", component);
    const PAPI_component_info_t* info = PAPI_get_component_info(index);
    if (info->disabled == PAPI_OK || info->disabled == PAPI_EDELAY_INIT) return {};
    return fmt::format("PAPI's component {} is off: {}", component, info->disabled_reason);
}

/// Adds each wanted counter to every thread's set, or says why not.
void add_wanted(const std::vector<Wanted>& list, const Sets& sets,
                const std::function<void(const char* name, const char* why)>& missing) {
    for (const Wanted& wanted : list) {
        int result = PAPI_ENOEVNT;
        for (const char* event : wanted.events) {
            for (const auto& set : sets) {
                result = set->add(event, {wanted.name, wanted.unit,
                                          fmt::format("perf_event {}", event), wanted.scale});
                if (result != PAPI_OK) break;  // as for one thread, so for the rest
            }
            if (result == PAPI_OK) break;
        }
        if (result != PAPI_OK) missing(wanted.name, PAPI_strerror(result));
    }
}

/// Names of the component's events that fit.
std::vector<std::string> events_of(int component, const MachineWide& wanted) {
    const auto fits = [&](std::string_view name) {
        return name.find(wanted.word) != std::string_view::npos &&
               name.find(wanted.without) == std::string_view::npos;
    };
    std::vector<std::string> events;
    if (wanted.suffix != nullptr) {
        for (const char* pmu : PAPI_get_component_info(component)->pmu_names)
            if (pmu != nullptr && fits(pmu)) events.push_back(std::string(pmu) + wanted.suffix);
        return events;
    }
    int code = PAPI_NATIVE_MASK;
    for (int result = PAPI_enum_cmp_event(&code, PAPI_ENUM_FIRST, component); result == PAPI_OK;
         result = PAPI_enum_cmp_event(&code, PAPI_ENUM_EVENTS, component)) {
        std::array<char, PAPI_2MAX_STR_LEN> name{};
        if (PAPI_event_code_to_name(code, name.data()) == PAPI_OK && fits(name.data()))
            events.emplace_back(name.data());
    }
    return events;
}

EventSet& machines_set(Sets& sets, int component) {
    for (const auto& set : sets)
        if (set->is_machines(component)) return *set;
    return *sets.emplace_back(std::make_unique<EventSet>(component, 0));
}

void add_machine_wide(Sets& sets, std::vector<Missing>& missing) {
    for (const MachineWide& wanted : machine_wide) {
        int component = -1;
        std::string why = why_not(wanted.component, component);
        if (!why.empty()) {
            missing.push_back({wanted.name, why, ""});
            continue;
        }
        EventSet& set = machines_set(sets, component);
        const std::size_t before = set.events().size();
        why = "no event of it on this machine";
        for (const std::string& event : events_of(component, wanted)) {
            const std::string source = fmt::format("{} {}", wanted.component, event);
            const int added =
                set.add(event.c_str(), {wanted.name, wanted.unit, source, wanted.scale});
            if (added != PAPI_OK) why = fmt::format("{}: {}", event, PAPI_strerror(added));
        }
        if (set.events().size() == before) missing.push_back({wanted.name, why, ""});
    }
}

}  // namespace

OpenCounters open_counters(const std::vector<pid_t>& threads) {
    OpenCounters open;
    int component = -1;
    const std::string why =
        library_is_ready() ? why_not("perf_event", component) : "PAPI could not be initialised";
    const auto guest = read_board("/").virtual_machine;
    const auto paranoid = perf_event_paranoid();
    if (!why.empty()) {
        open.missing.push_back(missing_counter("counters", why, guest, paranoid, own_level));
        open.counters = with_process_switches(nullptr);
        return open;
    }
    Sets sets;
    int attached = PAPI_OK;
    for (const pid_t thread : threads) {
        auto set = std::make_unique<EventSet>(component, thread);
        if (set->attached() == PAPI_OK)
            sets.push_back(std::move(set));
        else
            attached = set->attached();
    }
    if (attached != PAPI_OK)
        open.missing.push_back(missing_counter(
            "all threads but the one that measures",
            fmt::format("PAPI can't attach to a thread: {}", PAPI_strerror(attached)), guest,
            paranoid, own_level));
    add_wanted(software(), sets, [&](const char* name, const char* reason) {
        open.missing.push_back(missing_counter(name, reason, std::nullopt, paranoid, kernel_level));
    });
    add_wanted(hardware(), sets, [&](const char* name, const char* reason) {
        open.missing.push_back(missing_counter(name, reason, guest, paranoid, own_level));
    });
    add_machine_wide(sets, open.missing);
    std::erase_if(sets, [](const auto& set) { return set->events().empty(); });
    if (!sets.empty()) open.counters = std::make_unique<PapiCounters>(std::move(sets));
    if (attached != PAPI_OK || !open.counters)
        open.counters = with_process_switches(std::move(open.counters));
    return open;
}

}  // namespace edgeroof
