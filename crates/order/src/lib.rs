//! Sorts lists that people read, and other short ones. Does not sort what a snapshot has millions of:
//! there the standard library's own sort is as quick as its machine code is long, some five to eight
//! kilobytes for each type of item and order. Here all of them share one copy.

#![forbid(unsafe_code)]

use std::cmp::Ordering;

/// Stable, like [`slice::sort_by`].
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let places = sorted_places(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| taken[place].take()));
}

/// Stable, like [`slice::sort_by_key`].
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// The places from 0 to `count`, in the order that `compare` gives them; stable. The one copy.
pub fn sorted_places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|&a, &b| compare(a, b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does_and_keeps_what_is_equal_in_its_order() {
        let mut seed = 1_u64;
        for length in 0..200 {
            let items: Vec<(u64, usize)> = (0..length)
                .map(|place| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                    (seed >> 60, place)
                })
                .collect();
            let mut expected = items.clone();
            expected.sort_by_key(|&(key, _)| std::cmp::Reverse(key));
            let mut sorted = items.clone();
            sort_by_key(&mut sorted, |&(key, _)| std::cmp::Reverse(key));
            assert_eq!(sorted, expected);
        }
    }
}
