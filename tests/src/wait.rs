//! Waiting for conditions.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a condition may take that holds at once on an idle machine: tests share theirs with
/// compilers and browsers.
pub const PATIENCE: Duration = Duration::from_secs(40);

const PAUSE: Duration = Duration::from_millis(25);

/// Asks `probe` again and again until it has an answer; fails after [`PATIENCE`].
pub async fn until<T, Answer: Future<Output = Option<T>>>(
    what: &str,
    probe: impl FnMut() -> Answer,
) -> T {
    until_within(PATIENCE, what, probe).await
}

/// As [`until`], with a limit of its own.
pub async fn until_within<T, Answer: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> Answer,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(
            started.elapsed() < limit,
            "waited {} s in vain: {what}",
            limit.as_secs()
        );
        tokio::time::sleep(PAUSE).await;
    }
}
