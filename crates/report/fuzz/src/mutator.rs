//! Exchanges one number of a snapshot for another. A snapshot is nearly all
//! numbers, and their count is checked: bytes changed blindly seldom leave one
//! that can be read, so that what comes after reading would never be reached.

use memwatch_snapshot::testing::Random;

/// Numbers at the edges of the columns' types.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    (1 << 29) - 1,
    1 << 29,
    u32::MAX as u64,
    1 << 32,
    (1 << 53) + 1,
    u64::MAX,
];

/// Larger ones than this are rarely a type, a field count or a place near by.
const SMALL: usize = 24;

/// One number of `data[..size]` becomes another; the new size, or `None` where
/// there is no number or no room.
pub fn mutate_number(data: &mut [u8], size: usize, max_size: usize, seed: u64) -> Option<usize> {
    let mut random = Random::new(seed);
    let (from, to) = number_after(&data[..size], random.below(size.max(1)))?;
    let value = match random.below(4) {
        0 => random.pick(EDGES).to_string(),
        1 => random.below(SMALL).to_string(),
        2 => {
            let (from, to) = number_after(&data[..size], random.below(size))?;
            String::from_utf8_lossy(&data[from..to]).into_owned()
        }
        _ => {
            let text = std::str::from_utf8(&data[from..to]).ok()?;
            let value: u64 = text.parse().ok()?;
            value
                .wrapping_add_signed(random.below(15) as i64 - 7)
                .to_string()
        }
    };
    let new_size = size - (to - from) + value.len();
    if new_size > max_size.min(data.len()) {
        return None;
    }
    data.copy_within(to..size, from + value.len());
    data[from..from + value.len()].copy_from_slice(value.as_bytes());
    Some(new_size)
}

/// The first whole number that starts at or after `at`, else the first of all.
fn number_after(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let is_digit = |&byte: &u8| byte.is_ascii_digit();
    let inside = data[at..].iter().take_while(|byte| is_digit(byte)).count();
    let begin = if at > 0 && is_digit(&data[at - 1]) {
        at + inside
    } else {
        at
    };
    let find = |from: usize| data[from..].iter().position(is_digit).map(|n| from + n);
    let from = find(begin).or_else(|| find(0))?;
    let length = data[from..]
        .iter()
        .take_while(|byte| is_digit(byte))
        .count();
    Some((from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_changes_and_nothing_else() {
        let text = b"{\"nodes\":[9,17,1,0]}";
        let shape = |bytes: &[u8]| -> Vec<u8> {
            let mut bytes: Vec<u8> = bytes
                .iter()
                .map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte })
                .collect();
            bytes.dedup_by(|a, b| a == b && *a == b'0');
            bytes
        };
        let mut changed = 0;
        for seed in 0..1000 {
            let mut data = [0; 64];
            data[..text.len()].copy_from_slice(text);
            let size = mutate_number(&mut data, text.len(), 64, seed).expect("there is room");
            assert_eq!(shape(&data[..size]), shape(text), "seed {seed}");
            changed += usize::from(data[..size] != text[..]);
        }
        assert!(changed > 500, "{changed}");
    }

    #[test]
    fn where_there_is_no_number_or_no_room_nothing_changes() {
        assert_eq!(mutate_number(&mut [b'x'; 8], 8, 8, 1), None);
        assert_eq!(mutate_number(&mut [], 0, 0, 1), None);
        let full = (0..100).filter_map(|seed| mutate_number(&mut [b'7'; 2], 2, 2, seed));
        assert!(full.clone().count() > 0);
        assert!(full.into_iter().all(|size| size <= 2));
    }
}
