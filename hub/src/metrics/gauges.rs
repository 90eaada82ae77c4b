//! What is read at the moment somebody asks: the repository, the index, the process.

use std::time::Duration;

use hub_repository::feeds::Standing;

/// How the hub stands.
#[derive(Debug, Clone)]
pub struct Gauges {
    pub feeds: Standing,
    /// How long the longest due feed has been waiting.
    pub due_lag: Duration,
    pub queues: Queues,
    pub entries: u64,
    pub revision: i64,
    /// Revisions that the search index is behind.
    pub index_lag: i64,
    pub process: Process,
}

/// What waits in the database for a worker.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queues {
    /// Subscribers' callbacks that have not got the newest content.
    pub deliveries: i64,
    /// Callbacks to be asked whether they mean it.
    pub verifications: i64,
    /// Letters to be sent.
    pub letters: i64,
    /// Other hubs to be asked now.
    pub renewals: i64,
    /// Feeds whose older pages are being read.
    pub histories: i64,
    /// Entries to be read with a newer vocabulary.
    pub readings: i64,
    /// Revisions whose entries are not yet compared with the others.
    pub duplicates: i64,
}

/// What the system says of this process; what it does not say is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Process {
    pub memory_bytes: Option<u64>,
    pub cpu_seconds: Option<f64>,
    pub open_files: Option<u64>,
}

/// Linux counts a process's time in hundredths of a second, whatever the kernel's own clock.
const TICKS: f64 = 100.0;

impl Process {
    /// From `/proc`, which answers from memory. On other systems nothing is known.
    pub fn read() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
        Self {
            memory_bytes: read("status").and_then(|status| resident_bytes(&status)),
            cpu_seconds: read("stat").and_then(|stat| cpu_seconds(&stat)),
            open_files: std::fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
        }
    }
}

/// `VmRSS:     12345 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The fields 14 and 15 of `proc(5)`, counted after the name, which may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        assert_eq!(
            resident_bytes("Name:\thub\nVmRSS:\t    12 kB\n"),
            Some(12_288)
        );
        assert_eq!(resident_bytes("VmRSS: many"), None);
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("7"), None);
    }
}
