use super::*;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What Node.js 22 has at a moment, shortened: of each kind one mapping.
const SMAPS: &str = "\
00400000-00d00000 r--p 00000000 08:01 11     /usr/bin/node
Rss:                9000 kB
VmFlags: rd mr mw me
05000000-05100000 rw-p 04b00000 08:01 11     /usr/bin/node
Rss:                1000 kB
VmFlags: rd wr mr mw me ac
05100000-05140000 rw-p 00000000 00:00 0
Rss:                 200 kB
VmFlags: rd wr mr mw me ac
2a000000-2b000000 rw-p 00000000 00:00 0      [heap]
Rss:               16000 kB
VmFlags: rd wr mr mw me ac
31b70c2c0000-31b70c300000 rw-p 00000000 00:00 0
Rss:                 256 kB
VmFlags: rd wr mr mw me dc nr
7fcff8000000-7fcff804d000 rw-p 00000000 00:00 0
Rss:                 308 kB
VmFlags: rd wr mr mw me nr
7fcff804d000-7fcffc000000 ---p 00000000 00:00 0
Rss:                   0 kB
VmFlags: mr mw me nr
7fd008003000-7fd00803f000 rwxp 00000000 00:00 0
Rss:                  40 kB
VmFlags: rd wr ex mr mw me dc nr
7fd02c164000-7fd02d599000 rw-p 00000000 00:00 0
Rss:               20000 kB
VmFlags: rd wr mr mw me ac
7fd02d619000-7fd02d61a000 ---p 00000000 00:00 0
Rss:                   0 kB
VmFlags: mr mw me
7fd02d61a000-7fd02de1a000 rw-p 00000000 00:00 0
Rss:                  24 kB
VmFlags: rd wr mr mw me ac nh
7fd030000000-7fd030100000 r-xp 00000000 08:01 12     /usr/lib/libc.so.6
Rss:                 700 kB
VmFlags: rd ex mr mw me
7fd030200000-7fd030240000 rw-s 00000000 00:01 13     /dev/shm/a name with spaces (deleted)
Rss:                  64 kB
VmFlags: rd wr sh mr mw me ms
7fd03035d000-7fd03035f000 r-xp 00000000 00:00 0      [vdso]
Rss:                   4 kB
VmFlags: rd ex mr mw me de
7fff7c8a2000-7fff7c8c3000 rw-p 00000000 00:00 0      [stack]
Rss:                  32 kB
VmFlags: rd wr mr mw me gd ac
";

fn sum(rows: &Rows) -> u64 {
    [
        rows.v8_heap,
        rows.v8_code,
        rows.malloc_in_use.unwrap_or(0),
        rows.malloc_free.unwrap_or(0),
        rows.stacks,
        rows.files,
        rows.data,
        rows.other,
    ]
    .iter()
    .sum()
}

#[test]
fn each_mapping_of_a_node_is_in_its_row() {
    let mappings = whole(SMAPS.as_bytes()).expect("text");
    let resident: u64 = mappings.iter().map(|one| one.resident).sum();
    let malloc = Malloc::Arenas {
        in_use: 10_000 * KIB,
        mapped: 18_000 * KIB,
    };
    let rows = account(&mappings, resident, stack_limit(""), Some(malloc));
    let expected = Rows {
        total: 47_628 * KIB,
        v8_heap: 256 * KIB,
        v8_code: 40 * KIB,
        malloc_in_use: Some(28_000 * KIB),
        malloc_free: Some(6308 * KIB),
        stacks: 56 * KIB,
        stack_count: 2,
        files: 10_764 * KIB,
        data: 200 * KIB,
        other: 2004 * KIB,
        undivided: None,
    };
    assert_eq!(rows, expected);
}

#[test]
fn without_the_allocators_numbers_its_rows_are_unknown() {
    let mappings = whole(SMAPS.as_bytes()).expect("text");
    let rows = account(&mappings, 47_628 * KIB, None, None);
    assert_eq!((rows.malloc_in_use, rows.malloc_free), (None, None));
    assert_eq!(rows.undivided, Some(16_308 * KIB));
    assert_eq!(sum(&rows), rows.total);
}

#[test]
fn an_allocator_that_maps_anywhere_has_what_it_says_and_no_more_than_there_is() {
    let mappings = whole(SMAPS.as_bytes()).expect("text");
    let rows = |in_use, resident| {
        let malloc = Malloc::Anywhere { in_use, resident };
        let rows = account(&mappings, 47_628 * KIB, None, Some(malloc));
        assert_eq!(sum(&rows), rows.total);
        (rows.malloc_in_use, rows.malloc_free)
    };
    assert_eq!(rows(5 * MIB, 8 * MIB), (Some(5 * MIB), Some(3 * MIB)));
    assert_eq!(rows(900 * MIB, 950 * MIB), (Some(36_308 * KIB), Some(0)));
}

#[test]
fn the_short_files_are_understood() {
    let rollup = "00400000-7fff rw-p 00000000 00:00 0 [rollup]\nRss:   123 kB\nPss: 5 kB\n";
    assert_eq!(total(rollup), Some(123 * KIB));
    assert_eq!(total("Rss: many kB"), None);
    let limits = "Limit   Soft  Hard  Units\nMax stack size   8388608   unlimited  bytes\n";
    assert_eq!(stack_limit(limits), Some(8 * MIB));
    assert_eq!(
        stack_limit("Max stack size  unlimited unlimited bytes"),
        None
    );
}

#[test]
fn whatever_is_read_the_rows_add_up() {
    let mut texts = vec![String::new(), "Rss: 5 kB\n".to_owned(), "-".to_owned()];
    // Each line of the list missing once, and the list cut at each byte.
    let lines: Vec<&str> = SMAPS.lines().collect();
    for left_out in 0..lines.len() {
        let rest = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
        texts.push(rest.map(|(_, line)| format!("{line}\n")).collect());
    }
    texts.extend((0..SMAPS.len()).map(|end| SMAPS[..end].to_owned()));
    texts.push(SMAPS.replace("Rss:  ", "Rss: 99999999999999999"));
    texts.push(SMAPS.replace("7fd0", "ffffffffffff"));
    for text in texts {
        let mappings = whole(text.as_bytes()).expect("text");
        for total in [0, 5 * MIB, 500 * MIB] {
            for malloc in [
                None,
                Some(Malloc::Arenas {
                    in_use: MIB,
                    mapped: u64::MAX,
                }),
            ] {
                let rows = account(&mappings, total, None, malloc);
                assert_eq!((sum(&rows), rows.total), (total, total), "{text}");
            }
        }
    }
}

/// A generator of numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// What lies where in a made-up process, written as the kernel does, with the truth beside it.
struct Layout {
    text: String,
    truth: Rows,
    numbers: Numbers,
    at: u64,
    arenas: u64,
    anonymous: u64,
}

impl Layout {
    fn put(&mut self, bytes: u64, mode: &str, name: &str, flags: &str) -> u64 {
        let resident = if mode.starts_with('-') {
            0
        } else {
            self.numbers.below(bytes / KIB + 1)
        };
        let inode = u64::from(name.starts_with('/'));
        let (start, end) = (self.at, self.at + bytes);
        self.text += &format!("{start:x}-{end:x} {mode} 00000000 00:00 {inode} {name}\n");
        self.text += &format!(
            "Size: {} kB\nRss: {resident} kB\nVmFlags: {flags}\n",
            bytes / KIB
        );
        self.at = end;
        self.truth.total += resident * KIB;
        resident * KIB
    }

    fn gap(&mut self) {
        self.at += (1 + self.numbers.below(900)) * 4 * KIB;
    }

    /// One thing of a random kind, as its maker lays it out.
    fn one(&mut self, is_far: bool) {
        self.gap();
        let pages = 1 + self.numbers.below(2000);
        let kind = self.numbers.below(8);
        if is_far {
            self.truth.v8_heap += self.put(256 * KIB, "rw-p", "", "rd wr dc nr");
            return;
        }
        match kind {
            0 => {
                self.truth.files += self.put(pages * 4 * KIB, "r-xp", "/lib/libssl.so.3", "rd ex");
                self.truth.files += self.put(16 * KIB, "rw-p", "/lib/libssl.so.3", "rd wr");
                self.truth.data += self.put(32 * KIB, "rw-p", "", "rd wr ac");
            }
            1 => self.truth.files += self.put(pages * 4 * KIB, "r--s", "/srv/data", "rd sh"),
            2 => {
                self.truth.stack_count += 1;
                self.put(4 * KIB, "---p", "", "mr");
                self.truth.stacks += self.put(8 * MIB, "rw-p", "", "rd wr nh");
            }
            3 => {
                // Arenas beside each other are one mapping where all but the last are full.
                self.at = self.at.next_multiple_of(ARENA_BYTES);
                let full = self.numbers.below(3) * ARENA_BYTES;
                let taken = full + (1 + pages) * 4 * KIB;
                self.arenas += self.put(taken, "rw-p", "", "rd wr nr");
                let reserve = self.at.next_multiple_of(ARENA_BYTES) - self.at;
                self.put(reserve, "---p", "", "nr");
            }
            4 => self.truth.v8_code += self.put(pages * 4 * KIB, "rwxp", "", "rd wr ex dc"),
            5 => self.truth.v8_heap += self.put(256 * KIB, "rw-p", "", "rd wr dc nr"),
            6 => self.truth.other += self.put(8 * KIB, "r-xp", "[vdso]", "rd ex"),
            _ => {
                self.gap();
                self.at += 4 * KIB * u64::from(self.at.is_multiple_of(ARENA_BYTES));
                let bytes = pages * 4 * KIB;
                self.anonymous += self.put(bytes, "rw-p", "", "rd wr ac");
                // A mapping that ends where an arena could.
                self.at += 4 * KIB;
            }
        }
    }
}

#[test]
fn made_up_processes_are_divided_as_they_were_made() {
    for seed in 1..400 {
        let mut layout = Layout {
            text: String::new(),
            truth: Rows::default(),
            numbers: Numbers(seed),
            at: 0x40_0000,
            arenas: 0,
            anonymous: 0,
        };
        layout.arenas += layout.put(MIB, "rw-p", "[heap]", "rd wr");
        for _ in 0..layout.numbers.below(40) {
            layout.one(true);
        }
        layout.at = 0x7fd0_0000_0000;
        // There is no process without the C library.
        layout.truth.files += layout.put(MIB, "r-xp", "/lib/libc.so.6", "rd ex");
        for _ in 0..layout.numbers.below(60) {
            layout.one(false);
        }
        let (in_use, mapped) = (
            layout.numbers.below(90 * MIB),
            layout.numbers.below(90 * MIB),
        );
        let in_arenas = in_use.min(layout.arenas);
        let in_blocks = mapped.min(layout.anonymous);
        let truth = Rows {
            malloc_in_use: Some(in_arenas + in_blocks),
            malloc_free: Some(layout.arenas - in_arenas),
            other: layout.truth.other + layout.anonymous - in_blocks,
            ..layout.truth
        };
        let mappings = whole(layout.text.as_bytes()).expect("text");
        let malloc = Some(Malloc::Arenas { in_use, mapped });
        let rows = account(&mappings, truth.total, None, malloc);
        assert_eq!(rows, truth, "seed {seed}");
        assert_eq!(sum(&rows), rows.total);
    }
}
