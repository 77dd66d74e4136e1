use std::collections::HashMap;

use super::*;

const MIB: u64 = 1 << 20;

/// A made-up system: files by their path.
struct System(HashMap<PathBuf, String>);

impl System {
    fn new(groups: &str) -> Self {
        let system = Self(HashMap::new());
        system
            .with("/proc/self/cgroup", groups)
            .with("/proc/meminfo", "MemTotal: 16777216 kB\nSwapFree: 0 kB\n")
    }

    fn with(mut self, path: &str, text: impl ToString) -> Self {
        self.0.insert(PathBuf::from(path), text.to_string());
        self
    }

    /// A group of version 2 with MiB of limit and use.
    fn v2(self, path: &str, limit: u64, used: u64) -> Self {
        self.with(&format!("{path}/memory.max"), limit * MIB)
            .with(&format!("{path}/memory.current"), used * MIB)
    }

    /// The same of version 1.
    fn v1(self, path: &str, limit: u64, used: u64) -> Self {
        self.with(&format!("{path}/memory.limit_in_bytes"), limit * MIB)
            .with(&format!("{path}/memory.usage_in_bytes"), used * MIB)
    }

    /// Path and MiB of limit, in use and left of the tightest group.
    fn tightest(&self) -> Option<(String, u64, u64, u64)> {
        self.tightest_with(0)
    }

    /// The same where Node.js knows a limit of so many bytes.
    fn tightest_with(&self, constrained: u64) -> Option<(String, u64, u64, u64)> {
        let (path, memory) = tightest(&|path| self.0.get(path).cloned(), constrained)?;
        let path = path.to_str()?.to_owned();
        Some((
            path,
            memory.limit / MIB,
            memory.kept / MIB,
            memory.left / MIB,
        ))
    }
}

fn found(path: &str, limit: u64, kept: u64, left: u64) -> Option<(String, u64, u64, u64)> {
    Some((path.to_owned(), limit, kept, left))
}

#[test]
fn a_group_of_version_2_has_its_limit() {
    let system = System::new("0::/app\n").v2("/sys/fs/cgroup/app", 130, 50);
    assert_eq!(system.tightest(), found("/sys/fs/cgroup/app", 130, 50, 80));
}

#[test]
fn a_group_of_version_1_has_its_limit() {
    let system = System::new("5:cpu,cpuacct:/\n4:memory:/docker/1\n0::/\n").v1(
        "/sys/fs/cgroup/memory/docker/1",
        130,
        50,
    );
    let path = "/sys/fs/cgroup/memory/docker/1";
    assert_eq!(system.tightest(), found(path, 130, 50, 80));
}

#[test]
fn max_is_no_limit() {
    let system = System::new("0::/app\n")
        .with("/sys/fs/cgroup/app/memory.max", "max\n")
        .with("/sys/fs/cgroup/app/memory.current", 50 * MIB);
    assert_eq!(system.tightest(), None);
}

#[test]
fn the_largest_number_of_version_1_is_no_limit() {
    let path = "/sys/fs/cgroup/memory/memory";
    let system = System::new("4:memory:/\n")
        .with(&format!("{path}.limit_in_bytes"), "9223372036854771712\n")
        .with(&format!("{path}.usage_in_bytes"), 50 * MIB);
    assert_eq!(system.tightest(), None);
}

#[test]
fn a_limit_above_the_memory_of_the_machine_is_none() {
    let system = System::new("0::/app\n").v2("/sys/fs/cgroup/app", 16 << 10, 50);
    assert_eq!(system.tightest(), None);
    let smaller = System::new("0::/app\n").v2("/sys/fs/cgroup/app", (16 << 10) - 1, 50);
    assert!(smaller.tightest().is_some());
}

#[test]
fn a_lower_limit_around_the_group_counts() {
    let system = System::new("0::/pod/app\n")
        .v2("/sys/fs/cgroup/pod/app", 500, 50)
        .v2("/sys/fs/cgroup/pod", 300, 100);
    assert_eq!(
        system.tightest(),
        found("/sys/fs/cgroup/pod", 300, 100, 200)
    );
}

#[test]
fn of_nested_groups_the_one_counts_that_less_is_left_of() {
    // The pod may have more, but others in it have taken most of that.
    let system = System::new("0::/pod/app\n")
        .v2("/sys/fs/cgroup/pod/app", 200, 50)
        .v2("/sys/fs/cgroup/pod", 300, 290);
    assert_eq!(system.tightest(), found("/sys/fs/cgroup/pod", 300, 290, 10));
}

#[test]
fn a_container_whose_group_is_the_root_of_what_is_mounted() {
    // As Docker has it without a namespace of control groups: the path is the machine's.
    let system = System::new("4:memory:/docker/12ab\n").v1("/sys/fs/cgroup/memory", 130, 50);
    assert_eq!(
        system.tightest(),
        found("/sys/fs/cgroup/memory", 130, 50, 80)
    );
    let system = System::new("0::/\n").v2("/sys/fs/cgroup", 130, 50);
    assert_eq!(system.tightest(), found("/sys/fs/cgroup", 130, 50, 80));
}

#[test]
fn of_a_machine_with_both_versions_the_one_that_accounts_for_memory_counts() {
    let system = System::new("4:memory:/app\n0::/user.slice\n")
        .v1("/sys/fs/cgroup/memory/app", 130, 50)
        .with("/sys/fs/cgroup/user.slice/cgroup.procs", "1\n");
    assert_eq!(
        system.tightest(),
        found("/sys/fs/cgroup/memory/app", 130, 50, 80)
    );
}

#[test]
fn contents_of_files_that_would_be_given_up_do_not_count() {
    let stat = |prefix: &str| {
        let [inactive, active] = [20, 15].map(|mib| mib * MIB);
        format!("cache 1\n{prefix}inactive_file {inactive}\n{prefix}active_file {active}\n")
    };
    let app = "/sys/fs/cgroup/app";
    let system = System::new("0::/app\n").v2(app, 130, 120).with(
        &format!("{app}/memory.stat"),
        stat("") + "slab_reclaimable 5242880\n",
    );
    assert_eq!(system.tightest(), found(app, 130, 80, 50));
    let app = "/sys/fs/cgroup/memory/app";
    let system = System::new("4:memory:/app\n")
        .v1(app, 130, 120)
        .with(&format!("{app}/memory.stat"), stat("") + &stat("total_"));
    assert_eq!(system.tightest(), found(app, 130, 85, 45));
}

#[test]
fn swap_is_room_as_far_as_group_and_machine_have_it() {
    let app = "/sys/fs/cgroup/app";
    let with = |limit: &str, used: u64, free_mib: u64| {
        let meminfo = format!("MemTotal: 16777216 kB\nSwapFree: {} kB\n", free_mib * 1024);
        let system = System::new("0::/app\n")
            .v2(app, 130, 50)
            .with("/proc/meminfo", meminfo)
            .with(&format!("{app}/memory.swap.max"), limit)
            .with(&format!("{app}/memory.swap.current"), used * MIB);
        system.tightest().map(|(.., left)| left)
    };
    assert_eq!(with("0\n", 0, 1000), Some(80));
    assert_eq!(with("max\n", 0, 1000), Some(1080));
    assert_eq!(with(&(64 * MIB).to_string(), 24, 1000), Some(120));
    assert_eq!(with(&(64 * MIB).to_string(), 24, 10), Some(90));
}

#[test]
fn version_1_limits_memory_and_swap_together() {
    let app = "/sys/fs/cgroup/memory/app";
    let with = |both: u64| {
        System::new("4:memory:/app\n")
            .v1(app, 130, 50)
            .with(
                "/proc/meminfo",
                "MemTotal: 16777216 kB\nSwapFree: 1048576 kB\n",
            )
            .with(&format!("{app}/memory.memsw.limit_in_bytes"), both * MIB)
            .with(&format!("{app}/memory.memsw.usage_in_bytes"), 60 * MIB)
            .tightest()
            .map(|(.., left)| left)
    };
    assert_eq!(with(130), Some(70));
    assert_eq!(with(200), Some(140));
    assert_eq!(with(4000), Some(80 + 1024));
}

#[test]
fn files_that_are_missing_or_say_nothing_are_no_limit() {
    assert_eq!(System(HashMap::new()).tightest(), None);
    assert_eq!(System::new("").tightest(), None);
    assert_eq!(System::new("nonsense\n::\n0:\n").tightest(), None);
    let without_use = System::new("0::/app\n").with("/sys/fs/cgroup/app/memory.max", 130 * MIB);
    assert_eq!(without_use.tightest(), None);
    let odd = System::new("0::/app\n")
        .with("/sys/fs/cgroup/app/memory.max", "-5\n")
        .with("/sys/fs/cgroup/app/memory.current", "many\n");
    assert_eq!(odd.tightest(), None);
}

#[test]
fn more_in_use_than_the_limit_leaves_nothing() {
    let system = System::new("0::/app\n").v2("/sys/fs/cgroup/app", 100, 130);
    assert_eq!(system.tightest(), found("/sys/fs/cgroup/app", 100, 130, 0));
}

#[test]
fn a_group_that_is_ended_as_a_whole_says_so_for_those_around_it() {
    let system = System::new("0::/pod/app\n")
        .v2("/sys/fs/cgroup/pod/app", 200, 50)
        .v2("/sys/fs/cgroup/pod", 300, 60)
        .with("/sys/fs/cgroup/pod/memory.oom.group", "1\n");
    let groups = Group::all(&|path| system.0.get(path).cloned());
    let all: Vec<_> = groups.iter().map(|group| group.ends_all).collect();
    // The root of the hierarchy is around it, too.
    assert_eq!(all, [false, true, true]);
}

#[test]
fn what_node_knows_counts_where_it_is_smaller_than_all_that_the_files_report() {
    let path = "/sys/fs/cgroup/app";
    let limited = System::new("0::/app\n").v2(path, 130, 50);
    for (constrained, limit) in [(100 * MIB, 100), (130 * MIB, 130), (200 * MIB, 130)] {
        let left = limit - 50;
        assert_eq!(
            limited.tightest_with(constrained),
            found(path, limit, 50, left)
        );
    }
    let unlimited = System::new("0::/app\n")
        .with(&format!("{path}/memory.max"), "max\n")
        .with(&format!("{path}/memory.current"), 50 * MIB);
    assert_eq!(unlimited.tightest_with(100 * MIB), found(path, 100, 50, 50));
    let nowhere = System::new("").with("/proc/self/status", "VmRSS: 40960 kB\n");
    assert_eq!(nowhere.tightest_with(100 * MIB), found("", 100, 40, 60));
}

#[test]
fn what_node_gives_for_no_limit_is_none() {
    let system = System::new("0::/app\n").with("/proc/self/status", "VmRSS: 40960 kB\n");
    let of_machine = 16_777_216 * 1024;
    let without = [
        0,
        of_machine,
        of_machine + 1,
        (1 << 63) - 4096,
        1 << 63,
        u64::MAX,
    ];
    for constrained in without {
        assert_eq!(system.tightest_with(constrained), None, "{constrained}");
    }
}

#[test]
fn a_wish_of_version_1_is_no_limit() {
    let path = "/sys/fs/cgroup/memory/app";
    let system = System::new("4:memory:/app\n")
        .v1(path, 500, 50)
        .with(&format!("{path}/memory.soft_limit_in_bytes"), 200 * MIB);
    assert_eq!(system.tightest_with(200 * MIB), found(path, 500, 50, 450));
    assert_eq!(system.tightest_with(300 * MIB), found(path, 300, 50, 250));
}

#[test]
fn the_mark_at_which_version_2_slows_down_is_no_limit() {
    let path = "/sys/fs/cgroup/app";
    let system = System::new("0::/app\n")
        .v2(path, 500, 50)
        .with(&format!("{path}/memory.high"), 200 * MIB);
    assert_eq!(system.tightest_with(200 * MIB), found(path, 500, 50, 450));
}

#[test]
fn limits_of_the_process_on_addresses_and_data_are_not_of_its_memory() {
    let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                  Max data size             524288000            unlimited            bytes\n\
                  Max address space         6144000000           unlimited            bytes\n";
    let system = System::new("")
        .with("/proc/self/status", "VmRSS: 40960 kB\n")
        .with("/proc/self/limits", limits);
    assert_eq!(system.tightest_with(524_288_000), None);
    assert_eq!(system.tightest_with(6_144_000_000), None);
    assert_eq!(system.tightest_with(100 * MIB), found("", 100, 40, 60));
}
