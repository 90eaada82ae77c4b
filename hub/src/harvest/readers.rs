//! Reading documents takes the processor: as many are read at once as there are processors, each within its time.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::causes::Cause;

/// How long parsing and cleaning a document may take, once it has its turn.
const LIMIT: Duration = Duration::from_secs(15);

/// Those who read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Readers {
    free: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            free: Arc::new(Semaphore::new(processors)),
        }
    }
}

impl Readers {
    /// Runs `read` where it disturbs nobody. What takes too long is given up, and keeps its turn until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cause> {
        // Nothing closes the semaphore.
        let turn = Arc::clone(&self.free).acquire_owned().await.ok();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            read()
        });
        match tokio::time::timeout(LIMIT, reading).await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(panic)) => {
                tracing::error!(error = %panic, "reading a document broke off");
                Err(Cause::HubFault)
            }
            Err(_) => Err(Cause::TooSlow { limit: LIMIT }),
        }
    }
}
