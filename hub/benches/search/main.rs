//! How quick and how large the search is, beside its targets and beside the full-text searches of SQLite (FTS5) and
//! PostgreSQL on the same entries: `cargo bench -p hub --bench search [-- ENTRIES [PART…]]`.
//!
//! Each part is a process of its own, so that memory is counted for it alone.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

mod entries;
mod portal;
mod postgres;
mod queries;
mod sqlite;

use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use entries::Entries;
use queries::Queries;

const PARTS: [&str; 3] = ["portal", "sqlite", "postgres"];
const ENTRIES: usize = 100_000;

fn main() -> anyhow::Result<ExitCode> {
    hub::memory::give_back_large_blocks();
    let mut wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let count = match wanted.first().map(|first| first.parse()) {
        Some(Ok(count)) => {
            wanted.remove(0);
            count
        }
        _ => ENTRIES,
    };
    if let Some(unknown) = wanted.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part {unknown}; expected some of {PARTS:?}");
    }
    if let [part] = wanted.as_slice() {
        return run(part, count);
    }
    let mut succeeded = true;
    for part in PARTS {
        let chosen = wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
        if chosen {
            let count = count.to_string();
            let status = Command::new(std::env::current_exe()?)
                .args([count.as_str(), part])
                .status()?;
            succeeded &= status.success();
        }
    }
    Ok(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run(part: &str, count: usize) -> anyhow::Result<ExitCode> {
    let vocabulary = law::vocabulary::starting()
        .map_err(|rows| anyhow::anyhow!("the vocabulary has {} wrong rows", rows.len()))?;
    let entries = Entries::new(&vocabulary);
    let queries = Queries::of(&entries);
    println!("\n{part}: {count} entries");
    match part {
        "portal" => portal::run(&entries, &queries, count, &vocabulary)?,
        "sqlite" => sqlite::run(&entries, &queries, count)?,
        _ => {
            let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
                eprintln!(
                    "  SKIPPED: PostgreSQL. Set TEST_POSTGRES_URL to a server for tests, such as \
                     postgres://postgres@127.0.0.1:5432"
                );
                return Ok(ExitCode::FAILURE);
            };
            postgres::run(&entries, &queries, count, &server)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How long questions took.
struct Times {
    /// Sorted.
    wall: Vec<Duration>,
    /// Processor time of all threads for one on average, for machines that do other things too.
    processor: Duration,
}

/// Asks each question once before it is measured, as a warm server has it.
fn times(
    questions: &[String],
    mut ask: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<Times> {
    for question in questions {
        ask(question)?;
    }
    let mut wall = Vec::new();
    let before = processor()?;
    for question in questions {
        let begun = Instant::now();
        ask(question)?;
        wall.push(begun.elapsed());
    }
    let asked = u32::try_from(questions.len().max(1))?;
    wall.sort_unstable();
    Ok(Times {
        wall,
        processor: processor()?.saturating_sub(before) / asked,
    })
}

/// Processor time of all threads of this process so far.
fn processor() -> anyhow::Result<Duration> {
    /// Of the kernel's clock, in which it counts.
    const TICK: Duration = Duration::from_millis(10);
    let text = fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything: proc(5), fields 14 and 15.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u32>)
        .sum::<Result<_, _>>()?;
    Ok(TICK * ticks)
}

fn show(what: &str, times: &Times, target: Option<f64>) {
    let p95 = milliseconds(part(&times.wall, 95));
    println!(
        "  {what:<34} p95 {p95:>9.2} ms   median {:>8.2}   processor {:>8.2}{}",
        milliseconds(part(&times.wall, 50)),
        milliseconds(times.processor),
        verdict(p95, target)
    );
}

fn part(sorted: &[Duration], hundredths: usize) -> Duration {
    let at = sorted.len().saturating_sub(1) * hundredths / 100;
    sorted.get(at).copied().unwrap_or_default()
}

fn compare(what: &str, measured: f64, target: Option<f64>) {
    println!("  {what:<34} {measured:>13.2}{}", verdict(measured, target));
}

fn verdict(measured: f64, target: Option<f64>) -> String {
    target.map_or_else(String::new, |target| {
        let verdict = if measured <= target { "ok" } else { "OVER" };
        format!("   target {target:>7.2}   {verdict}")
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Bytes of title, summary and body.
fn text_bytes(entries: &Entries, count: usize) -> f64 {
    // All entries are about as long; a sample says it closely enough.
    let sample = count.clamp(1, 2_000);
    let bytes: usize = (0..sample)
        .map(|number| entries.entry(number))
        .map(|it| it.title.len() + it.summary.len() + it.body_text.len())
        .sum();
    megabytes(bytes) / megabytes(sample) * megabytes(count)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes in megabytes need few digits"
)]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// A line of `/proc/self/status`, in megabytes: `VmHWM` is the most memory that the process ever had.
fn memory(name: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes: usize = line
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .with_context(|| format!("/proc/self/status has no {name}"))?;
    Ok(megabytes(kilobytes * 1024))
}

/// Counts the most memory from now on.
fn forget_peak() -> anyhow::Result<()> {
    // proc(5): 5 sets VmHWM back to what is used now.
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}
