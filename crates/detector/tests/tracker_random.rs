//! The tracker on seeded random input: against the rule written down a second
//! time from its definition, and on numbers that nobody should send.

mod common;

use common::collection;
use common::random::Random;
use memwatch_detector::gc::{GcKind, Settings, Tracker};

/// The rule from its definition, over the whole history and in real numbers:
/// slow, without state, and exact for heaps below 2^40 bytes.
struct ByDefinition<'a> {
    bases: &'a [u64],
    limit: usize,
    recent_period: usize,
    ancient_period: usize,
    extremes_period: usize,
}

impl ByDefinition<'_> {
    fn average(&self, period_after: impl Fn(usize) -> usize) -> u64 {
        let mut average = 0.0_f64;
        for (n, base) in (1..).zip(self.bases) {
            average = if n < self.recent_period {
                *base as f64
            } else {
                let period = period_after(n) as f64;
                ((average * (period - 1.0) + *base as f64) / period).trunc()
            };
        }
        average as u64
    }

    fn recent(&self) -> u64 {
        self.average(|_| self.recent_period)
    }

    fn ancient(&self) -> u64 {
        self.average(|n| n.min(self.ancient_period))
    }

    fn trend(&self) -> f64 {
        let (recent, ancient) = (self.recent() as f64, self.ancient() as f64);
        ((recent - ancient) / ancient * 1000.0).round() / 10.0
    }

    fn extremes(&self) -> (u64, u64) {
        let kept = self.bases.iter().skip(self.extremes_period - 1);
        (
            kept.clone().min().copied().unwrap_or(0),
            kept.max().copied().unwrap_or(0),
        )
    }

    /// The growth of the leak that the last collection raised, if it did.
    fn leak(&self) -> Option<i64> {
        let grew = |i: usize| i == 0 || self.bases[i - 1] < self.bases[i];
        let last = self.bases.len() - 1;
        let row = (0..=last).rev().take_while(|i| grew(*i)).count();
        (row > 0 && row % self.limit == 0)
            .then(|| self.bases[last] as i64 - self.bases[last + 1 - self.limit] as i64)
    }
}

#[test]
fn the_tracker_agrees_with_the_rule_as_defined() {
    let mut random = Random(1);
    let (mut leaks, mut falls) = (0, 0);
    for _ in 0..60 {
        let periods = [7, 15, 150, 6].map(|bound| 1 + random.below(bound) as i32);
        let mut settings = Settings::default();
        settings.set_consecutive_growth_limit(periods[0]);
        settings.set_recent_period(periods[1]);
        settings.set_ancient_period(periods[2]);
        settings.set_extremes_period(periods[3]);

        let mut tracker = Tracker::new(settings);
        let mut bases = Vec::new();
        let mut base = 1 + random.below(1 << 40);
        for second in 0..200 {
            // Mostly growing, so that rows come about.
            base = match random.below(8) {
                0 => base / 2 + 1,
                1 => base,
                _ => (base + random.below(1 << 30)).min(1 << 40),
            };
            bases.push(base);
            let by_definition = ByDefinition {
                bases: &bases,
                limit: periods[0] as usize,
                recent_period: periods[1] as usize,
                ancient_period: periods[2] as usize,
                extremes_period: periods[3] as usize,
            };
            let step = tracker
                .full(collection(base, second * 1_000_000, 0))
                .unwrap();
            let stats = step.stats;
            assert_eq!(stats.current_base, base);
            assert_eq!(stats.num_full_gc, bases.len() as u64);
            assert_eq!(stats.estimated_base, by_definition.recent());
            assert_eq!(stats.usage_trend, by_definition.trend());
            assert_eq!((stats.min, stats.max), by_definition.extremes());
            assert_eq!(step.leak.map(|leak| leak.growth), by_definition.leak());
            leaks += usize::from(step.leak.is_some());
            falls += usize::from(stats.usage_trend < 0.0);
        }
    }
    assert!(leaks > 100 && falls > 100, "{leaks} leaks, {falls} falls");
}

#[test]
fn no_numbers_make_the_tracker_panic_or_say_nonsense() {
    const SIZES: [u64; 8] = [
        0,
        1,
        2,
        u32::MAX as u64,
        u32::MAX as u64 + 1,
        i64::MAX as u64,
        u64::MAX - 1,
        u64::MAX,
    ];
    const TIMES: [i64; 7] = [
        i64::MIN,
        -1_000_000,
        -1,
        0,
        1,
        1_700_000_000_000_000,
        i64::MAX,
    ];
    const NUMBERS: [i32; 6] = [i32::MIN, -1, 0, 1, 5, i32::MAX];
    const BITS: [u32; 5] = [1, 2, 4, 8, 16];

    let mut random = Random(2);
    let (mut steps, mut leaks) = (0, 0);
    for _ in 0..300 {
        let mut tracker = Tracker::default();
        for _ in 0..200 {
            let number = NUMBERS[random.below(6) as usize];
            let mut given = None;
            match random.below(24) {
                0 => tracker.settings_mut().set_consecutive_growth_limit(number),
                1 => tracker.settings_mut().set_recent_period(number),
                2 => tracker.settings_mut().set_ancient_period(number),
                3 => tracker.settings_mut().set_extremes_period(number),
                4 => tracker.begin_group(),
                5 | 6 => given = tracker.end_group(),
                7 => tracker.suspend(),
                8 | 9 => tracker.resume(),
                10 => {
                    let kind = GcKind::from_v8(BITS[random.below(5) as usize]);
                    tracker.minor(kind.unwrap(), SIZES[random.below(8) as usize]);
                }
                _ => {
                    given = tracker.full(collection(
                        SIZES[random.below(8) as usize],
                        TIMES[random.below(7) as usize],
                        SIZES[random.below(8) as usize],
                    ));
                }
            }
            let Some(step) = given else { continue };
            steps += 1;
            let stats = step.stats;
            assert!(stats.usage_trend.is_finite());
            assert!(stats.min <= stats.max);
            assert!(stats.rounds >= 1);
            assert_eq!(stats.current_base, stats.collection.heap.used_heap_size);
            if let Some(leak) = step.leak {
                leaks += 1;
                assert!(leak.growth >= 0);
                assert!(leak.elapsed_us >= 0);
                assert!(leak.bytes_per_hour() >= 0);
                assert!(leak.consecutive >= 1);
            }
        }
    }
    assert!(steps > 1_000 && leaks > 100, "{steps} steps, {leaks} leaks");
}
