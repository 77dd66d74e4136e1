//! The facts that wait to be reported, in the order in which they happened and in bounded space. Single
//! collections come in thousands and events rarely, so each of the two has a bound of its own:
//! a flood of collections pushes out no event. Reports nothing itself.

use std::collections::VecDeque;

/// One thing that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting<E, C> {
    /// An event: rare, and awaited.
    Event(E),
    /// One collection, where somebody follows each of them.
    Collection(C),
}

/// Holds what waits. Where one of the two is full, the oldest of it is dropped.
#[derive(Debug)]
pub struct Queue<E, C> {
    most_of_each: usize,
    events: VecDeque<(u64, E)>,
    collections: VecDeque<(u64, C)>,
    /// The place in the order of what comes next.
    next: u64,
}

impl<E, C> Queue<E, C> {
    /// An empty queue with these bounds on events and on collections.
    #[must_use]
    pub const fn new(most_of_each: usize) -> Self {
        Self {
            most_of_each,
            events: VecDeque::new(),
            collections: VecDeque::new(),
            next: 0,
        }
    }

    /// Adds an event.
    pub fn push_event(&mut self, event: E) {
        let place = self.place();
        push(&mut self.events, self.most_of_each, (place, event));
    }

    /// Adds a collection.
    pub fn push_collection(&mut self, collection: C) {
        let place = self.place();
        push(
            &mut self.collections,
            self.most_of_each,
            (place, collection),
        );
    }

    /// Removes the oldest.
    pub fn pop(&mut self) -> Option<Waiting<E, C>> {
        let is_event_older = match (self.events.front(), self.collections.front()) {
            (Some((event, _)), Some((collection, _))) => event < collection,
            (event, _) => event.is_some(),
        };
        if is_event_older {
            let (_, event) = self.events.pop_front()?;
            Some(Waiting::Event(event))
        } else {
            let (_, collection) = self.collections.pop_front()?;
            Some(Waiting::Collection(collection))
        }
    }

    /// Keeps these events alone, and all collections.
    pub fn retain_events(&mut self, is_kept: impl Fn(&E) -> bool) {
        self.events.retain(|(_, event)| is_kept(event));
    }

    /// Drops all collections.
    pub fn clear_collections(&mut self) {
        self.collections.clear();
    }

    /// Whether an event waits.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.collections.is_empty()
    }

    fn place(&mut self) -> u64 {
        let place = self.next;
        self.next = self.next.wrapping_add(1);
        place
    }
}

fn push<T>(queue: &mut VecDeque<T>, most: usize, new: T) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(new);
}

#[cfg(test)]
mod tests {
    use super::Waiting::{Collection, Event};
    use super::*;

    fn all<E, C>(queue: &mut Queue<E, C>) -> Vec<Waiting<E, C>> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn each_comes_once_and_in_the_order_in_which_it_happened() {
        let mut queue = Queue::new(10);
        queue.push_collection(1);
        queue.push_event("leak");
        queue.push_event("stats");
        queue.push_collection(2);
        queue.push_collection(3);
        queue.push_event("stats");
        assert!(queue.has_events());
        let expected = [
            Collection(1),
            Event("leak"),
            Event("stats"),
            Collection(2),
            Collection(3),
            Event("stats"),
        ];
        assert_eq!(all(&mut queue), expected);
        assert!(queue.is_empty());
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_flood_of_collections_pushes_out_no_event() {
        let mut queue = Queue::new(3);
        queue.push_event("leak");
        for number in 0..1000 {
            queue.push_collection(number);
        }
        let expected = [
            Event("leak"),
            Collection(997),
            Collection(998),
            Collection(999),
        ];
        assert_eq!(all(&mut queue), expected);
    }

    #[test]
    fn of_too_many_events_the_oldest_is_dropped() {
        let mut queue = Queue::<_, ()>::new(2);
        for number in 0..5 {
            queue.push_event(number);
        }
        assert_eq!(all(&mut queue), [Event(3), Event(4)]);
    }

    #[test]
    fn what_is_no_longer_wanted_is_dropped_and_the_rest_keeps_its_order() {
        let mut queue = Queue::new(10);
        queue.push_event("leak");
        queue.push_collection(1);
        queue.push_event("stats");
        queue.retain_events(|event| *event != "leak");
        queue.clear_collections();
        assert!(queue.has_events());
        assert_eq!(all(&mut queue), [Event("stats")]);
    }
}
