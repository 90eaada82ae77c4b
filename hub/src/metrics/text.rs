//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use hub_repository::harvests::Outcome;

use super::{BOUNDS_MS, Gauges, Histogram, Metrics};

/// Everything that is known, as Prometheus reads it.
pub fn render(metrics: &Metrics, gauges: &Gauges) -> String {
    let mut text = Text::default();
    text.begin(
        "hub_harvest_runs_total",
        "counter",
        "Harvests by how they ended.",
    );
    for (outcome, count) in Outcome::ALL.iter().zip(&metrics.runs) {
        text.labelled(
            "hub_harvest_runs_total",
            "outcome",
            outcome.as_str(),
            load(count),
        );
    }
    text.one(
        "hub_harvest_bytes_total",
        "counter",
        "Bytes of the feeds that were read.",
        load(&metrics.bytes),
    );
    text.begin(
        "hub_harvest_entries_total",
        "counter",
        "Entries by what happened to them.",
    );
    for (change, count) in [
        ("new", &metrics.new),
        ("updated", &metrics.updated),
        ("withdrawn", &metrics.withdrawn),
    ] {
        text.labelled("hub_harvest_entries_total", "change", change, load(count));
    }
    text.histogram(
        "hub_harvest_fetch_seconds",
        "From the request for a feed to the end of the answer.",
        &metrics.fetching,
    );
    text.histogram(
        "hub_harvest_read_seconds",
        "Parsing and cleaning of a feed.",
        &metrics.reading,
    );
    text.histogram(
        "hub_harvest_overdue_seconds",
        "How long after its time a due feed's harvest began.",
        &metrics.overdue,
    );
    write_feeds(&mut text, gauges);
    write_queues(&mut text, gauges);
    text.one("hub_entries", "gauge", "Published entries.", gauges.entries);
    text.one(
        "hub_revision",
        "counter",
        "The repository's revision.",
        gauges.revision,
    );
    text.one(
        "hub_index_lag_revisions",
        "gauge",
        "Revisions that the search index is behind the repository.",
        gauges.index_lag,
    );
    text.begin(
        "hub_http_answers_total",
        "counter",
        "Answers of the web server by status.",
    );
    for (status, count) in metrics.answers.iter().enumerate() {
        let count = load(count);
        if count > 0 {
            text.labelled(
                "hub_http_answers_total",
                "status",
                &status.to_string(),
                count,
            );
        }
    }
    text.histogram(
        "hub_http_answer_seconds",
        "From a request's head to its answer's head.",
        &metrics.answering,
    );
    write_process(&mut text, gauges);
    text.0
}

fn write_feeds(text: &mut Text, gauges: &Gauges) {
    let feeds = &gauges.feeds;
    text.begin(
        "hub_feeds",
        "gauge",
        "Feeds by state; one may be in several.",
    );
    for (state, count) in [
        ("registered", feeds.total),
        ("failing", feeds.failing),
        ("closed", feeds.closed),
        ("frozen", feeds.frozen),
        ("due", feeds.due),
    ] {
        text.labelled("hub_feeds", "state", state, count);
    }
    text.one(
        "hub_due_lag_seconds",
        "gauge",
        "How long the longest due feed has been waiting.",
        gauges.due_lag.as_secs_f64(),
    );
}

fn write_queues(text: &mut Text, gauges: &Gauges) {
    let queues = &gauges.queues;
    text.begin(
        "hub_queue_depth",
        "gauge",
        "What waits for a worker, by queue.",
    );
    for (queue, depth) in [
        ("deliveries", queues.deliveries),
        ("verifications", queues.verifications),
        ("letters", queues.letters),
        ("renewals", queues.renewals),
        ("histories", queues.histories),
        ("readings", queues.readings),
        ("duplicates", queues.duplicates),
    ] {
        text.labelled("hub_queue_depth", "queue", queue, depth);
    }
}

fn write_process(text: &mut Text, gauges: &Gauges) {
    let process = &gauges.process;
    if let Some(bytes) = process.memory_bytes {
        text.one(
            "process_resident_memory_bytes",
            "gauge",
            "Memory in use.",
            bytes,
        );
    }
    if let Some(seconds) = process.cpu_seconds {
        text.one(
            "process_cpu_seconds_total",
            "counter",
            "Processor time used.",
            seconds,
        );
    }
    if let Some(files) = process.open_files {
        text.one(
            "process_open_fds",
            "gauge",
            "Open files and sockets.",
            files,
        );
    }
}

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// What was written so far. Writing to a string cannot fail.
#[derive(Default)]
struct Text(String);

impl Text {
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.begin(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    /// The values of labels are words of this program, in which nothing needs escaping.
    fn labelled(&mut self, name: &str, label: &str, value: &str, count: impl Display) {
        let _ = writeln!(self.0, "{name}{{{label}=\"{value}\"}} {count}");
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.begin(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut total = 0;
        for (bound, count) in BOUNDS_MS.iter().zip(&histogram.buckets) {
            total += load(count);
            let seconds = std::time::Duration::from_millis(*bound).as_secs_f64();
            self.labelled(&bucket, "le", &seconds.to_string(), total);
        }
        total += histogram.buckets.last().map_or(0, load);
        self.labelled(&bucket, "le", "+Inf", total);
        let sum = std::time::Duration::from_micros(load(&histogram.microseconds));
        let _ = writeln!(
            self.0,
            "{name}_sum {}\n{name}_count {total}",
            sum.as_secs_f64()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Process, Queues, Run};
    use super::*;
    use hub_repository::feeds::Standing;

    #[test]
    fn the_text_says_what_was_counted() {
        let metrics = Metrics::default();
        let run = Run {
            outcome: Outcome::Stored,
            bytes: 1_000,
            new: 2,
            updated: 1,
            withdrawn: 0,
            fetching: Some(Duration::from_millis(20)),
            reading: Some(Duration::from_mins(2)),
            overdue: None,
        };
        metrics.count_run(&run);
        metrics.count_run(&Run {
            outcome: Outcome::Frozen,
            ..run
        });
        metrics.count_answer(304, Duration::from_micros(400));
        let gauges = Gauges {
            feeds: Standing {
                total: 5,
                failing: 1,
                closed: 0,
                frozen: 1,
                due: 2,
                due_since: None,
            },
            due_lag: Duration::from_millis(1_500),
            queues: Queues {
                deliveries: 3,
                letters: 4,
                histories: 2,
                readings: 3,
                duplicates: 5,
                ..Queues::default()
            },
            entries: 7,
            revision: 9,
            index_lag: 1,
            process: Process {
                memory_bytes: Some(1024),
                ..Process::default()
            },
        };
        let text = render(&metrics, &gauges);
        for line in [
            "# TYPE hub_harvest_runs_total counter",
            "hub_harvest_runs_total{outcome=\"stored\"} 1",
            "hub_harvest_runs_total{outcome=\"frozen\"} 1",
            "hub_harvest_bytes_total 2000",
            "hub_harvest_entries_total{change=\"new\"} 4",
            "hub_harvest_fetch_seconds_bucket{le=\"0.01\"} 0",
            "hub_harvest_fetch_seconds_bucket{le=\"0.025\"} 2",
            "hub_harvest_fetch_seconds_bucket{le=\"+Inf\"} 2",
            "hub_harvest_fetch_seconds_sum 0.04",
            "hub_harvest_fetch_seconds_count 2",
            "hub_harvest_read_seconds_bucket{le=\"30\"} 0",
            "hub_harvest_read_seconds_bucket{le=\"+Inf\"} 2",
            "hub_feeds{state=\"frozen\"} 1",
            "hub_due_lag_seconds 1.5",
            "hub_queue_depth{queue=\"deliveries\"} 3",
            "hub_queue_depth{queue=\"letters\"} 4",
            "hub_queue_depth{queue=\"renewals\"} 0",
            "hub_queue_depth{queue=\"histories\"} 2",
            "hub_queue_depth{queue=\"readings\"} 3",
            "hub_queue_depth{queue=\"duplicates\"} 5",
            "hub_index_lag_revisions 1",
            "hub_http_answers_total{status=\"304\"} 1",
            "hub_http_answer_seconds_bucket{le=\"0.001\"} 1",
            "process_resident_memory_bytes 1024",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("process_open_fds"));
    }
}
