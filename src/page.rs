//! Where a dashboard of this process listens for reports of its threads: one list for all threads,
//! as they share nothing else without messages. JavaScript defines the messages.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("openPageFeed", |call| {
        call.answer(open_page_feed(call.argument(0)?))
    }),
    Export::new("closePageFeed", |call| {
        call.answer(close_page_feed(call.argument(0)?))
    }),
    Export::new("pageFeeds", |call| call.answer(page_feeds())),
];

/// Addresses of local sockets. As long as there are pages: one, as a rule.
static FEEDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn feeds() -> MutexGuard<'static, Vec<String>> {
    // A list of words is consistent at any time, even after a panic elsewhere.
    FEEDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells all threads of this process of a page, from now on.
pub(crate) fn open_page_feed(address: String) {
    feeds().push(address);
}

/// Takes that back.
pub(crate) fn close_page_feed(address: String) {
    feeds().retain(|open| *open != address);
}

/// Where pages of this process listen, in the order in which they came.
pub(crate) fn page_feeds() -> Vec<String> {
    feeds().clone()
}
