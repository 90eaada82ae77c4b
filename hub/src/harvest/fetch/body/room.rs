//! Room for bodies. All that arrive at once, and what is made of them, would take more memory than a small machine has:
//! so they share a number of bytes, from their arrival until what was made of them is stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::harvest::fetch::Limits;

/// The first bytes of each body need no room: most feeds are no larger.
pub(super) const FREE: usize = 256 * 1024;

/// Room is given in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

/// The room of one fetcher.
#[derive(Debug)]
pub(in crate::harvest::fetch) struct Rooms {
    pieces: Arc<Semaphore>,
    /// One body may grow as large as it may be, whatever the others have: of bodies that each hold a part and wait for
    /// more, one can always end.
    whole: Arc<Semaphore>,
    patience: Duration,
}

/// What a body occupies; given back when it and all its copies are dropped.
#[derive(Debug, Clone, Default)]
pub struct Room(#[expect(dead_code, reason = "held, not read")] Option<Arc<Growing>>);

/// What a body occupies that still arrives.
#[derive(Debug, Default)]
pub(super) struct Growing {
    pieces: Option<OwnedSemaphorePermit>,
    whole: Option<OwnedSemaphorePermit>,
    /// How long it has waited: the site, too, has a limited time for its answer.
    waited: Duration,
}

/// No room came free in time.
#[derive(Debug)]
pub(super) struct Full;

impl Rooms {
    pub(in crate::harvest::fetch) fn new(limits: &Limits) -> Rooms {
        let shared = limits.held_bytes.saturating_sub(limits.body_bytes);
        Rooms {
            pieces: Arc::new(Semaphore::new(shared / PIECE)),
            whole: Arc::new(Semaphore::new(1)),
            patience: limits.patience,
        }
    }

    /// Gives a body of `length` bytes the room that it needs.
    pub(super) async fn enter(&self, room: &mut Growing, length: usize) -> Result<(), Full> {
        let held = room
            .pieces
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = length.saturating_sub(FREE).div_ceil(PIECE);
        if wanted <= held || room.whole.is_some() {
            return Ok(());
        }
        let more = u32::try_from(wanted - held).map_err(|_| Full)?;
        let begun = Instant::now();
        let patience = self.patience.saturating_sub(room.waited);
        let wait = async {
            tokio::select! {
                biased;
                pieces = Arc::clone(&self.pieces).acquire_many_owned(more) => {
                    let pieces = pieces.map_err(|_| Full)?;
                    match &mut room.pieces {
                        Some(held) => held.merge(pieces),
                        none => *none = Some(pieces),
                    }
                }
                whole = Arc::clone(&self.whole).acquire_owned() => {
                    room.whole = Some(whole.map_err(|_| Full)?);
                }
            }
            Ok(())
        };
        let ended = tokio::time::timeout(patience, wait).await;
        room.waited += begun.elapsed();
        ended.map_err(|_| Full)?
    }
}

impl From<Growing> for Room {
    fn from(room: Growing) -> Room {
        Room(Some(Arc::new(room)))
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

    const ALL: usize = 16 * PIECE;

    fn rooms() -> Rooms {
        Rooms::new(&Limits {
            held_bytes: ALL + 1_000,
            body_bytes: 1_000,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn bodies_share_their_room_and_small_ones_need_none() {
        let rooms = rooms();
        let [mut first, mut second, mut third] = [(); 3].map(|()| Growing::default());
        rooms.enter(&mut first, FREE + PIECE).await.unwrap();
        rooms.enter(&mut first, FREE + ALL).await.unwrap();
        // There is no more, but one may have what it needs.
        rooms.enter(&mut second, FREE + 1).await.unwrap();
        rooms.enter(&mut second, FREE + ALL).await.unwrap();
        assert!(rooms.enter(&mut third, FREE).now_or_never().is_some());
        assert!(rooms.enter(&mut third, FREE + 1).now_or_never().is_none());
        let (first, copy) = {
            let room = Room::from(first);
            (room.clone(), room)
        };
        drop(first);
        assert!(rooms.enter(&mut third, FREE + 1).now_or_never().is_none());
        drop(copy);
        assert!(rooms.enter(&mut third, FREE + 1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn of_bodies_that_wait_for_one_another_one_always_ends() {
        let rooms = rooms();
        let mut bodies: Vec<_> = (0..4).map(|_| Growing::default()).collect();
        for body in &mut bodies {
            rooms.enter(body, FREE + ALL / 4).await.unwrap();
        }
        while let Some(mut body) = bodies.pop() {
            rooms.enter(&mut body, FREE + ALL / 2).await.unwrap();
        }
    }
}
