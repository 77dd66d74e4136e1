//! The class of each node in as little room as their number allows.

/// A column of class numbers: two bytes each until there are more classes than
/// that can tell apart, which real heaps do not have.
#[derive(Clone, Debug)]
pub(super) enum ClassColumn {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl ClassColumn {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self::Narrow(Vec::with_capacity(count))
    }

    #[inline]
    pub(super) fn push(&mut self, class: u32) {
        match self {
            Self::Narrow(column) => match u16::try_from(class) {
                Ok(class) => column.push(class),
                Err(_) => self.widen(class),
            },
            Self::Wide(column) => column.push(class),
        }
    }

    #[cold]
    fn widen(&mut self, class: u32) {
        let mut wide = Vec::new();
        if let Self::Narrow(column) = self {
            wide.reserve_exact(column.capacity());
            wide.extend(column.iter().map(|&class| u32::from(class)));
        }
        wide.push(class);
        *self = Self::Wide(wide);
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> u32 {
        match self {
            Self::Narrow(column) => u32::from(column[index]),
            Self::Wide(column) => column[index],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_classes_than_two_bytes_hold_are_kept_apart() {
        let mut column = ClassColumn::with_capacity(4);
        let classes = [0, 65_535, 65_536, 1, 100_000];
        for class in classes {
            column.push(class);
        }
        let kept: Vec<u32> = (0..classes.len()).map(|at| column.get(at)).collect();
        assert_eq!(kept, classes);
    }
}
