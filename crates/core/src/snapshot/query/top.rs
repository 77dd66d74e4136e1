//! The first of many, in order, without sorting the many.

/// The `top` smallest by `key`, in order. What has the same key keeps the order
/// it came in.
pub(super) fn smallest<T, K: Ord>(items: Vec<T>, top: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut numbered: Vec<(usize, T)> = items.into_iter().enumerate().collect();
    let compare = |a: &(usize, T), b: &(usize, T)| (key(&a.1), a.0).cmp(&(key(&b.1), b.0));
    if top == 0 {
        return Vec::new();
    }
    if top < numbered.len() {
        numbered.select_nth_unstable_by(top - 1, compare);
        numbered.truncate(top);
    }
    numbered.sort_unstable_by(compare);
    numbered.into_iter().map(|(_, item)| item).collect()
}
