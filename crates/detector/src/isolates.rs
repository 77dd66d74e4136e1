//! The sum of the heaps of all isolates of a process, which V8 does not report: V8
//! marks its heaps as not to be copied by `fork`, and Linux reports that mark with each
//! mapping (`/proc/PID/smaps`). It does not know whose a heap is.

use std::io::{self, BufRead};

/// Mappings that are not copied by `fork`.
const DO_NOT_COPY: &str = "dc";

/// Resident bytes of all mappings with that mark.
///
/// # Errors
///
/// Those of reading; a line that is not understood is passed over.
pub fn resident_heaps(smaps: impl BufRead) -> io::Result<u64> {
    let mut heaps: u64 = 0;
    // Of the mapping that is being read. Its flags come last.
    let mut resident: u64 = 0;
    for line in smaps.lines() {
        let line = line?;
        if let Some(size) = line.strip_prefix("Rss:") {
            let kilobytes: u64 = size
                .split_whitespace()
                .next()
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            resident = kilobytes.saturating_mul(1024);
        } else if let Some(flags) = line.strip_prefix("VmFlags:") {
            if flags.split_whitespace().any(|flag| flag == DO_NOT_COPY) {
                heaps = heaps.saturating_add(resident);
            }
            resident = 0;
        }
    }
    Ok(heaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(resident: &str, flags: &str) -> String {
        format!(
            "7f00-7f01 rw-p 0 0:0 0\nSize: 256 kB\nRss:   {resident} kB\nPss: 1 kB\nVmFlags: {flags}\n"
        )
    }

    #[test]
    fn mappings_with_the_mark_are_added_up() {
        let smaps = [
            mapping("256", "rd wr mr mw me dc ac sd"),
            mapping("100", "rd wr mr mw me ac sd"),
            mapping("64", "rd wr dc"),
        ];
        let heaps = resident_heaps(smaps.concat().as_bytes()).expect("read");
        assert_eq!(heaps, 320 * 1024);
    }

    #[test]
    fn what_is_not_understood_is_nothing() {
        let smaps = mapping("many", "dc") + "VmFlags: dc\nRss: 5 kB\n";
        assert_eq!(resident_heaps(smaps.as_bytes()).expect("read"), 0);
        assert_eq!(resident_heaps(&b""[..]).expect("read"), 0);
    }
}
