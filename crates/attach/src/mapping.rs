//! What a process has mapped, as the kernel lists it in `maps` and `smaps`. Reads no file.

/// A mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// The first address.
    pub start: u64,
    /// The address after the last.
    pub end: u64,
    /// Whether it can be read.
    pub readable: bool,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether it can be run.
    pub executable: bool,
    /// Whether what is written to it stays with the process.
    pub private: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file, a name in brackets of the kernel's, or nothing.
    pub path: String,
}

#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    allow(dead_code, reason = "processes are not read there")
)]
impl Mapping {
    /// All lines of `maps`.
    pub(crate) fn list(maps: &str) -> Vec<Self> {
        maps.lines().filter_map(Self::parse).collect()
    }

    /// `7f0000000000-7f0000001000 rw-p 00000000 00:00 0    /path`
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = (hex(start)?, hex(end)?);
        let flags = fields.next()?.as_bytes();
        let offset = hex(fields.next()?)?;
        let path = fields.nth(2).unwrap_or_default().trim_start();
        let [read, write, run, private] = *flags else {
            return None;
        };
        (start < end).then(|| Self {
            start,
            end,
            readable: read == b'r',
            writable: write == b'w',
            executable: run == b'x',
            private: private == b'p',
            offset,
            path: path.to_owned(),
        })
    }

    /// Of `smaps`: the mappings without a file that a fork leaves out (`dc`) and that can be given to a child. What is a
    /// device's (`io`, `pf`) cannot.
    pub(crate) fn kept_from_children(smaps: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut current = None;
        for line in smaps.lines() {
            if let Some(mapping) = Self::parse(line) {
                current = Some(mapping);
            } else if let Some(flags) = line.strip_prefix("VmFlags:") {
                let has = |flag| flags.split(' ').any(|one| one == flag);
                let is_wanted = has("dc") && !has("io") && !has("pf");
                found.extend(
                    current
                        .take()
                        .filter(|mapping: &Self| is_wanted && mapping.is_memory()),
                );
            }
        }
        found
    }

    /// Whether its bytes are the process's own: what files have is read there. The kernel's own pages (`[vvar]`) can be
    /// mapped and not read.
    pub(crate) fn is_memory(&self) -> bool {
        self.readable
            && self.private
            && (self.path.is_empty() || self.path.starts_with('[') || self.writable)
            && !self.path.starts_with("[v")
    }
}

/// Ranges of addresses, one for neighbours with nothing but holes between them: a call about such a range changes what
/// is in it and passes over the holes.
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    allow(dead_code, reason = "processes are not read there")
)]
pub(crate) fn runs(of: &[Mapping], all: &[Mapping]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for one in of {
        let last = runs.last_mut().filter(|last| {
            let next = all.partition_point(|other| other.end <= last.1);
            all.get(next)
                .is_some_and(|other| (other.start, other.end) == (one.start, one.end))
        });
        match last {
            Some(last) => last.1 = one.end,
            None => runs.push((one.start, one.end)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
00400000-00401000 r--p 00000000 fe:00 12 /usr/bin/node
1000-2000 rw-p 00000000 00:00 0 
3000-5000 rw-p 00000000 00:00 0 
6000-7000 rw-s 00001000 00:05 7                                /dev/shm/a b (deleted)
7000-8000 r-xp 00000000 00:00 0                                [vdso]
";

    #[test]
    fn lines_have_flags_offsets_and_paths_with_spaces() {
        let all = Mapping::list(MAPS);
        assert_eq!(all.len(), 5);
        assert_eq!(all[0].path, "/usr/bin/node");
        assert_eq!(
            (all[3].path.as_str(), all[3].offset),
            ("/dev/shm/a b (deleted)", 0x1000)
        );
        let own: Vec<bool> = all.iter().map(Mapping::is_memory).collect();
        assert_eq!(own, [false, true, true, false, false]);
        assert_eq!(Mapping::list("2000-1000 rw-p 0 0 0\nnonsense\n"), []);
    }

    #[test]
    fn only_what_has_the_mark_is_given_to_the_child() {
        let smaps = "\
1000-2000 rw-p 00000000 00:00 0 
Rss: 4 kB
VmFlags: rd wr mr mw me dc ac 
2000-3000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me ac 
3000-4000 rw-p 00000000 00:00 0 
VmFlags: rd wr dc io 
4000-5000 rw-s 00000000 00:05 3 /dev/gpu
VmFlags: rd wr dc 
";
        let found = Mapping::kept_from_children(smaps);
        let starts: Vec<u64> = found.iter().map(|one| one.start).collect();
        assert_eq!(starts, [0x1000]);
    }

    #[test]
    fn a_run_ends_before_another_mapping() {
        let mapping = |start, end| Mapping {
            start,
            end,
            ..Mapping::default()
        };
        let all = [(1, 2), (2, 3), (5, 6), (6, 7), (9, 10)].map(|(start, end)| mapping(start, end));
        let of = |places: &[usize]| {
            let of: Vec<Mapping> = places.iter().map(|&place| all[place].clone()).collect();
            runs(&of, &all)
        };
        assert_eq!(of(&[0, 1, 2]), [(1, 6)]);
        assert_eq!(of(&[0, 2, 4]), [(1, 2), (5, 6), (9, 10)]);
        assert_eq!(of(&[2, 3, 4]), [(5, 10)]);
    }
}
