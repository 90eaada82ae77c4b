//! What a running hub counts, and its text for Prometheus.
//!
//! Written by hand: the format is a few lines of text, and a library would bring its own registry of
//! global state.

mod gauges;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hub_repository::harvests::Outcome;

pub use gauges::{Gauges, Process, Queues};
pub use text::render;

/// Upper bounds of the buckets of every histogram, in milliseconds: from a page out of the cache to
/// the longest fetch.
const BOUNDS_MS: [u64; 12] = [
    1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 15_000, 30_000,
];

/// Statuses of HTTP have three digits.
const STATUSES: usize = 1_000;

/// Counts since the process started. Counting never waits.
#[derive(Debug)]
pub struct Metrics {
    runs: [AtomicU64; Outcome::ALL.len()],
    bytes: AtomicU64,
    new: AtomicU64,
    updated: AtomicU64,
    withdrawn: AtomicU64,
    fetching: Histogram,
    reading: Histogram,
    overdue: Histogram,
    answers: Box<[AtomicU64]>,
    answering: Histogram,
}

/// A harvest that ended.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub outcome: Outcome,
    pub bytes: i64,
    pub new: u32,
    pub updated: u32,
    pub withdrawn: u32,
    /// How long the fetch took; none when nothing was asked for.
    pub fetching: Option<Duration>,
    /// How long reading took; none when nothing was read.
    pub reading: Option<Duration>,
    /// How long after its time it began; none when it was not due.
    pub overdue: Option<Duration>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            runs: std::array::from_fn(|_| AtomicU64::default()),
            bytes: AtomicU64::default(),
            new: AtomicU64::default(),
            updated: AtomicU64::default(),
            withdrawn: AtomicU64::default(),
            fetching: Histogram::default(),
            reading: Histogram::default(),
            overdue: Histogram::default(),
            answers: (0..STATUSES).map(|_| AtomicU64::default()).collect(),
            answering: Histogram::default(),
        }
    }
}

impl Metrics {
    /// Counts a harvest.
    pub fn count_run(&self, run: &Run) {
        let place = Outcome::ALL
            .iter()
            .position(|outcome| *outcome == run.outcome);
        if let Some(count) = place.and_then(|place| self.runs.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let bytes = u64::try_from(run.bytes).unwrap_or(0);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        for (count, value) in [
            (&self.new, run.new),
            (&self.updated, run.updated),
            (&self.withdrawn, run.withdrawn),
        ] {
            count.fetch_add(u64::from(value), Ordering::Relaxed);
        }
        for (histogram, took) in [
            (&self.fetching, run.fetching),
            (&self.reading, run.reading),
            (&self.overdue, run.overdue),
        ] {
            if let Some(took) = took {
                histogram.observe(took);
            }
        }
    }

    /// Counts an answer of the web server.
    pub fn count_answer(&self, status: u16, took: Duration) {
        if let Some(count) = self.answers.get(usize::from(status)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.answering.observe(took);
    }
}

/// How many observations were at most so long.
#[derive(Debug, Default)]
struct Histogram {
    /// One for each bound, and one for what is longer than all.
    buckets: [AtomicU64; BOUNDS_MS.len() + 1],
    microseconds: AtomicU64,
}

impl Histogram {
    fn observe(&self, took: Duration) {
        let place = BOUNDS_MS
            .iter()
            .position(|bound| took <= Duration::from_millis(*bound));
        let bucket = &self.buckets[place.unwrap_or(BOUNDS_MS.len())];
        bucket.fetch_add(1, Ordering::Relaxed);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }
}
