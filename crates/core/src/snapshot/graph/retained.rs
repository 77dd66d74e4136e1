//! Sums over a dominator tree, and an order in which to walk one. Needs no
//! lists of children: a dominator's number is smaller than those it dominates.

use super::ShallowSizes;

/// Retained sizes by ordinal, from immediate dominators by preorder number.
pub(super) fn retained_sizes(
    immediate: &[u32],
    vertices: &[u32],
    shallow: &ShallowSizes,
) -> Vec<u64> {
    let sizes = vertices.iter();
    let mut sums: Vec<u64> = sizes
        .map(|&vertex| shallow.by_index(vertex as usize))
        .collect();
    for number in (1..sums.len()).rev() {
        let size = sums[number];
        let sum = &mut sums[immediate[number] as usize];
        // Saturates: sizes in a damaged file may be anything.
        *sum = sum.saturating_add(size);
    }
    let mut retained = vec![0; sums.len()];
    for (&vertex, &sum) in vertices.iter().zip(&sums) {
        retained[vertex as usize] = sum;
    }
    retained
}

/// Nodes in preorder of the tree given by each node's parent, and the size of
/// each node's subtree. Parents may have any number.
pub(super) fn preorder_of_tree(parents: &[u32], root: u32) -> (Vec<u32>, Vec<u32>) {
    let count = parents.len();
    let mut first = vec![0u32; count + 1];
    for (node, &parent) in parents.iter().enumerate() {
        first[parent as usize] += u32::from(node != root as usize);
    }
    let mut sum = 0;
    for entry in &mut first {
        sum += *entry;
        *entry = sum;
    }
    let mut children = vec![0u32; sum as usize];
    for (node, &parent) in parents.iter().enumerate() {
        if node != root as usize {
            let at = &mut first[parent as usize];
            *at -= 1;
            children[*at as usize] = node as u32;
        }
    }
    let mut order = Vec::with_capacity(count);
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        order.push(node);
        let range = first[node as usize] as usize..first[node as usize + 1] as usize;
        stack.extend_from_slice(&children[range]);
    }
    let mut sizes = vec![1u32; count];
    for &node in order.iter().skip(1).rev() {
        sizes[parents[node as usize] as usize] += sizes[node as usize];
    }
    (order, sizes)
}
