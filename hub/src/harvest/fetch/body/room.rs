//! Room for large bodies. As many of them as there are requests at once, and what is made of them, would take more
//! memory than a small machine has; two do not, and a feed that its agency keeps to the newest entries is not large.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies up to this size need no room of their own: a thousand entries of two kilobytes.
pub(super) const SMALL: usize = 2 * 1024 * 1024;

/// Larger bodies that are held at once, while they arrive and while they are read.
const AT_ONCE: usize = 2;

/// How long a body waits for room: less than the time in which a site has to go on sending, which it cannot meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);

/// The rooms of one fetcher.
#[derive(Debug)]
pub(in crate::harvest::fetch) struct Rooms(Arc<Semaphore>);

/// What a body occupies; given back when it and all its copies are dropped.
#[derive(Debug, Clone, Default)]
pub struct Room(Option<Arc<OwnedSemaphorePermit>>);

/// No room came free in time.
#[derive(Debug)]
pub(super) struct Full;

impl Default for Rooms {
    fn default() -> Rooms {
        Rooms(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Rooms {
    /// Gives a body of `length` bytes the room that it needs.
    pub(super) async fn enter(&self, room: &mut Room, length: usize) -> Result<(), Full> {
        if length <= SMALL || room.0.is_some() {
            return Ok(());
        }
        let free = Arc::clone(&self.0).acquire_owned();
        match tokio::time::timeout(PATIENCE, free).await {
            Ok(Ok(permit)) => {
                room.0 = Some(Arc::new(permit));
                Ok(())
            }
            _ => Err(Full),
        }
    }
}

/// Where a body lies makes it no other body.
impl PartialEq for Room {
    fn eq(&self, _: &Room) -> bool {
        true
    }
}

impl Eq for Room {}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn two_large_bodies_have_room_and_small_ones_need_none() {
        let rooms = Rooms::default();
        let [mut first, mut second, mut third] = [(); 3].map(|()| Room::default());
        rooms.enter(&mut first, SMALL + 1).await.unwrap();
        rooms.enter(&mut first, 2 * SMALL).await.unwrap();
        rooms.enter(&mut second, SMALL + 1).await.unwrap();
        let copy = first.clone();
        drop(first);
        assert!(rooms.enter(&mut third, SMALL).now_or_never().is_some());
        assert!(rooms.enter(&mut third, SMALL + 1).now_or_never().is_none());
        drop(copy);
        assert!(rooms.enter(&mut third, SMALL + 1).now_or_never().is_some());
    }
}
