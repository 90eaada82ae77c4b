//! What this process costs, as Linux counts it. The sites' threads are left out.

use std::fs;

use anyhow::Context as _;

use crate::site;

/// Linux counts in hundredths of a second whatever its own tick is (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// Seconds that the process spent on the processor so far, but for the sites' threads.
pub(crate) fn processor() -> anyhow::Result<f64> {
    let whole = ticks("/proc/self/stat")?;
    let mut sites = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = task?.path().join("stat");
        // A thread may end between the list and the look.
        let text = fs::read_to_string(stat).unwrap_or_default();
        if text.contains(site::THREADS) {
            sites += ticks_of(&text).unwrap_or(0);
        }
    }
    Ok(f64::from(whole.saturating_sub(sites)) / TICKS_A_SECOND)
}

/// The most memory that the process ever had, in bytes.
pub(crate) fn peak_memory() -> anyhow::Result<u64> {
    status("VmHWM:")
}

fn ticks(path: &str) -> anyhow::Result<u32> {
    let text = fs::read_to_string(path)?;
    ticks_of(&text).with_context(|| format!("{path} is not as proc(5) says"))
}

/// `utime` and `stime` of proc(5), which follow the name in brackets as the 12th and 13th word.
fn ticks_of(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_whitespace().skip(11);
    let user: u32 = words.next()?.parse().ok()?;
    let system: u32 = words.next()?.parse().ok()?;
    Some(user + system)
}

fn status(name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes: u64 = line
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .with_context(|| format!("/proc/self/status has no {name}"))?;
    Ok(kilobytes * 1024)
}
