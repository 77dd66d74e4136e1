//! The container of this process for all of its threads: sampled at intervals by the first
//! thread that asks, and shared. `memwatch_detector` evaluates it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use memwatch_detector::gc::trend::KindAssessment;
use memwatch_detector::limits::{
    Approach, Container, GroupMemory, Limit, LimitKind, first_of, tightest,
};

use super::limits::read;
use crate::v8;

/// Between two readings. One takes some tens of microseconds: a few small files, of which
/// `memory.stat` makes the kernel add up numbers.
const PERIOD: Duration = Duration::from_secs(2);

/// Of the monotonic clock.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The limit that Node.js knows, in bytes; 0 where it knows none.
static CONSTRAINED: AtomicU64 = AtomicU64::new(0);

static STATE: Mutex<State> = Mutex::new(State {
    read_at: None,
    container: Container::new(),
});

struct State {
    read_at: Option<Instant>,
    container: Container,
}

/// Nothing that holds the lock can leave a half-made state behind.
fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `process.constrainedMemory()` gives by now.
pub(crate) fn set_constrained(bytes: u64) {
    CONSTRAINED.store(bytes, Ordering::Relaxed);
}

/// Reads what there is to read, where the last time is long enough ago. Bytes that are left
/// in the container; `None` where there is none.
pub(crate) fn observe() -> Option<u64> {
    let mut state = state();
    if state.read_at.is_none_or(|at| at.elapsed() >= PERIOD) {
        let t = ORIGIN.elapsed().as_secs_f64();
        let of_groups = tightest(&read, CONSTRAINED.load(Ordering::Relaxed));
        state.container.read(t, of_groups.or_else(of_process));
        state.read_at = Some(Instant::now());
    }
    state.container.left_bytes()
}

/// Where there are no control groups: a limit by another name, such as that of a job object on Windows. It has no
/// directory.
fn of_process() -> Option<(PathBuf, GroupMemory)> {
    let v8::ProcessLimit { bytes, used } = v8::process_limit()?;
    let memory = GroupMemory {
        limit: bytes,
        kept: used,
        left: bytes.saturating_sub(used),
    };
    Some((PathBuf::new(), memory))
}

/// A limit, and of a container its directory.
pub(crate) struct Named {
    pub limit: Limit,
    pub path: Option<PathBuf>,
}

impl State {
    fn named(&self, limit: Option<Limit>) -> Option<Named> {
        let limit = limit?;
        let path = (limit.kind == LimitKind::Container)
            .then(|| self.container.path().map(PathBuf::from))
            .flatten();
        Some(Named { limit, path })
    }
}

/// The assessment with the limit that comes first, and that limit.
pub(crate) fn with_first_limit(assessment: &KindAssessment) -> (KindAssessment, Option<Named>) {
    let state = state();
    let assessment = first_of(*assessment, &state.container);
    let named = state.named(assessment.limit);
    (assessment, named)
}

/// The limit that comes first, and when.
pub(crate) fn first_limit(approach: &Approach) -> (Option<Named>, Option<i64>) {
    let state = state();
    let (limit, limit_unix_us) = approach.first(&state.container);
    (state.named(limit), limit_unix_us)
}

/// The container's limit, and its directory where that is known.
pub(crate) fn reading() -> Option<(Limit, Option<String>)> {
    let state = state();
    let path = state.container.path();
    let path = path.map(|path| path.to_string_lossy().into_owned());
    Some((state.container.limit()?, path))
}

/// Seconds until it is full, where something grows at this rate, in bytes a second.
pub(crate) fn full_in_s(rate: f64) -> Option<f64> {
    state().container.full_in_s(rate, 0.0)
}
