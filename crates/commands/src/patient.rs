//! Writes to a standard output that is non-blocking, as Node.js sets pipes that it shares with
//! its children.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

/// Short for a reader, long for a processor.
const WAIT: Duration = Duration::from_millis(1);

/// Waits where the stream would not.
#[derive(Debug)]
pub struct Patient<W>(pub W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(WAIT),
                taken => return taken,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        loop {
            match self.0.flush() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(WAIT),
                flushed => return flushed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a byte at every second try.
    #[derive(Default)]
    struct Busy {
        tries: usize,
        taken: Vec<u8>,
    }

    impl Write for Busy {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.tries += 1;
            if !self.tries.is_multiple_of(2) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.taken.extend(bytes.first());
            Ok(bytes.len().min(1))
        }

        fn flush(&mut self) -> io::Result<()> {
            self.tries += 1;
            match self.tries.is_multiple_of(2) {
                true => Ok(()),
                false => Err(io::ErrorKind::WouldBlock.into()),
            }
        }
    }

    #[test]
    fn what_would_block_is_written_all_the_same() {
        let mut out = Patient(Busy::default());
        out.write_all(b"a report").expect("written");
        out.flush().expect("flushed");
        assert_eq!(out.0.taken, b"a report");
    }
}
