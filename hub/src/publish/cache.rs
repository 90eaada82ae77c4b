//! Rendered documents, kept in memory until something changes that they show.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use chrono::{DateTime, Utc};
use hub_repository::changes::Changes;
use tokio::sync::OnceCell;

use super::Document;
use super::shows::LastChanged;

/// Bytes kept at most: bounds the memory when somebody walks every page.
const MAX_BYTES: usize = 64 << 20;

/// A larger document is rendered for whoever asks, rather than drive out everything else.
const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// What keeping a document costs besides its bytes.
const OVERHEAD: usize = 512;

/// The memory of the pages.
///
/// Each document is kept with the state in which its making began, in the count that [`Cache::change`] moves on, and is
/// right for as long as nothing that it shows has changed since. What was read after a change is made again all the same:
/// it may have been put together with what was known before. What is not right any more stays until there is something
/// in its place: it is the last good one while the database cannot be reached.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Held>);

/// Two generations, of half the bytes each: what is asked for moves to the young one, and when
/// that is full, it becomes the old one and the old one goes, which nobody has asked for since.
#[derive(Debug, Default)]
struct Held {
    changed: LastChanged,
    young: HashMap<String, Kept>,
    young_bytes: usize,
    old: HashMap<String, Kept>,
    /// What is being rendered now; a cell lives as long as somebody waits for it.
    rendering: HashMap<String, (u64, Weak<Cell>)>,
}

/// A document, and the state in which its making began.
#[derive(Debug, Clone)]
struct Kept {
    document: Arc<Document>,
    made: u64,
    at: DateTime<Utc>,
}

type Cell = OnceCell<Arc<Document>>;

/// Where an address stands.
enum Place {
    Kept(Arc<Document>),
    Rendering(Arc<Cell>),
}

impl Cache {
    /// Moves on to a later state, which differs from the one before by `changes`; none is everything. Call it before
    /// anybody is shown that state.
    pub fn change(&self, state: u64, changes: Option<Changes>) {
        let mut held = self.held();
        // What was withdrawn is not shown again, not even when nothing else is to be had.
        let withdrawn = changes.as_ref().is_none_or(|changes| changes.withdrawn);
        held.changed.note(state, changes);
        if withdrawn {
            held.forget_what_is_not_right();
        }
    }

    /// The document kept for `address` if it is right, or what `render` makes of the `state`, where the caller stands. Of
    /// several who ask at once in a state one renders and all get the result; a failure is its asker's alone.
    pub async fn get_or_render<E>(
        &self,
        state: u64,
        address: &str,
        render: impl Future<Output = Result<Document, E>>,
    ) -> Result<Arc<Document>, E> {
        let place = self.held().find(address, state);
        let at = Utc::now();
        let cell = match place {
            Place::Kept(document) => return Ok(document),
            Place::Rendering(cell) => cell,
        };
        let document = cell
            .get_or_try_init(|| async {
                let document = Arc::new(render.await?);
                let kept = Kept {
                    document: Arc::clone(&document),
                    made: state,
                    at,
                };
                self.held().keep(address, kept);
                Ok(document)
            })
            .await?;
        Ok(Arc::clone(document))
    }

    /// What was kept for `address` last, right or not, and when it was made.
    pub fn last_good(&self, address: &str) -> Option<(Arc<Document>, DateTime<Utc>)> {
        let held = self.held();
        let kept = held.young.get(address).or_else(|| held.old.get(address))?;
        Some((Arc::clone(&kept.document), kept.at))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn forget_what_is_not_right(&mut self) {
        let Self {
            changed,
            young,
            young_bytes,
            old,
            ..
        } = self;
        let is_right = |kept: &Kept| changed.is_right(&kept.document.shows, kept.made);
        old.retain(|_, kept| is_right(kept));
        young.retain(|_, kept| is_right(kept));
        *young_bytes = young
            .iter()
            .map(|(address, kept)| kept.bytes(address))
            .sum();
    }

    fn find(&mut self, address: &str, state: u64) -> Place {
        if let Some(kept) = self.young.get(address)
            && self.is_right(kept)
        {
            return Place::Kept(Arc::clone(&kept.document));
        }
        if let Some(kept) = self.old.get(address)
            && self.is_right(kept)
        {
            let kept = kept.clone();
            let document = Arc::clone(&kept.document);
            self.old.remove(address);
            self.keep(address, kept);
            return Place::Kept(document);
        }
        // Who came before a change renders what was before it.
        let rendering = self.rendering.get(address);
        let of_now = rendering.filter(|(began, _)| *began >= state);
        if let Some(cell) = of_now.and_then(|(_, cell)| cell.upgrade()) {
            return Place::Rendering(cell);
        }
        self.rendering
            .retain(|_, (_, cell)| cell.strong_count() > 0);
        let cell = Arc::default();
        self.rendering
            .insert(address.to_owned(), (state, Arc::downgrade(&cell)));
        Place::Rendering(cell)
    }

    fn is_right(&self, kept: &Kept) -> bool {
        self.changed.is_right(&kept.document.shows, kept.made)
    }

    fn keep(&mut self, address: &str, kept: Kept) {
        let bytes = kept.bytes(address);
        if bytes > MAX_DOCUMENT_BYTES {
            return;
        }
        let before = self.young.get(address);
        if before.is_some_and(|before| before.made > kept.made) {
            return;
        }
        let before = before.map_or(0, |before| before.bytes(address));
        if self.young_bytes - before + bytes > MAX_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if let Some(before) = self.young.insert(address.to_owned(), kept) {
            self.young_bytes -= before.bytes(address);
        }
        self.young_bytes += bytes;
    }
}

impl Kept {
    /// What it costs to keep it.
    fn bytes(&self, address: &str) -> usize {
        self.document.size() + address.len() + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use hub_repository::EntryId;

    use super::super::{Part, Shows};
    use super::*;

    async fn text(cache: &Cache, state: u64, rendered: &'static str) -> String {
        let shows = Shows::only([Part::Entry(EntryId(7))]);
        let document = Document::new("text/plain", rendered).showing(shows);
        let render = async { Ok::<_, Infallible>(document) };
        let Ok(document) = cache.get_or_render(state, "/", render).await;
        String::from_utf8(document.plain.to_vec()).unwrap()
    }

    fn entry(number: i64) -> Changes {
        Changes {
            entries: [EntryId(number)].into(),
            ..Changes::default()
        }
    }

    #[tokio::test]
    async fn a_document_lives_until_something_changes_that_it_shows() {
        let cache = Cache::default();
        assert_eq!(text(&cache, 0, "one").await, "one");
        assert_eq!(text(&cache, 0, "two").await, "one");
        cache.change(1, Some(entry(8)));
        assert_eq!(text(&cache, 1, "two").await, "one");
        cache.change(2, Some(entry(7)));
        assert_eq!(text(&cache, 2, "three").await, "three");
        cache.change(3, None);
        assert_eq!(text(&cache, 3, "four").await, "four");
    }

    #[tokio::test]
    async fn what_was_withdrawn_is_not_even_the_last_good() {
        let cache = Cache::default();
        assert_eq!(text(&cache, 0, "one").await, "one");
        cache.change(1, Some(entry(7)));
        assert!(
            cache.last_good("/").is_some(),
            "an edit leaves the last one"
        );
        let withdrawal = |number| Changes {
            withdrawn: true,
            ..entry(number)
        };
        assert_eq!(text(&cache, 1, "two").await, "two");
        cache.change(2, Some(withdrawal(8)));
        assert!(cache.last_good("/").is_some(), "another's leaves it too");
        cache.change(3, Some(withdrawal(7)));
        assert!(cache.last_good("/").is_none());
        assert_eq!(text(&cache, 3, "three").await, "three");
    }

    #[tokio::test]
    async fn what_began_before_a_change_is_not_kept_as_what_is_after_it() {
        let cache = Cache::default();
        cache.change(1, Some(entry(7)));
        assert_eq!(text(&cache, 0, "late").await, "late");
        assert_eq!(text(&cache, 1, "new").await, "new");
        assert_eq!(text(&cache, 0, "later").await, "new");

        let (go_on, waits) = tokio::sync::oneshot::channel();
        cache.change(2, None);
        let slow = cache.get_or_render(2, "/", async {
            waits.await.unwrap();
            Ok::<_, Infallible>(Document::new("text/plain", "slow"))
        });
        let quick = async {
            cache.change(3, None);
            let quick = text(&cache, 3, "quick").await;
            go_on.send(()).unwrap();
            quick
        };
        let (slow, quick) = tokio::join!(slow, quick);
        assert_eq!((&slow.unwrap().plain[..], &*quick), (&b"slow"[..], "quick"));
        assert_eq!(text(&cache, 3, "again").await, "quick");
    }

    #[tokio::test]
    async fn who_asks_at_once_gets_one_rendering_and_a_failure_is_not_kept() {
        let cache = Cache::default();
        let rendered = AtomicUsize::new(0);
        let rendered = &rendered;
        let ask = |fails: bool| {
            cache.get_or_render(1, "/", async move {
                tokio::task::yield_now().await;
                rendered.fetch_add(1, Ordering::Relaxed);
                if fails {
                    return Err("no");
                }
                Ok(Document::new("text/plain", "text"))
            })
        };
        let answers = join_all((0..3).map(|_| ask(true))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(rendered.swap(0, Ordering::Relaxed), 3);
        let answers = join_all((0..100).map(|_| ask(false))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(rendered.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_asked_for_stays() {
        let document = |bytes: usize| Kept {
            document: Arc::new(Document {
                gzip: None,
                plain: vec![b'x'; bytes].into(),
                ..Document::new("text/plain", "")
            }),
            made: 0,
            at: Utc::now(),
        };
        let mut held = Held::default();
        held.keep("/large", document(MAX_DOCUMENT_BYTES));
        assert!(held.young.is_empty());
        held.keep("/", document(1));
        for number in 0..200 {
            held.keep(&format!("/bai/{number}"), document(1 << 20));
            assert!(matches!(held.find("/", 0), Place::Kept(_)));
        }
        let kept = held.young.values().chain(held.old.values());
        let bytes: usize = kept.map(|kept| kept.document.plain.len()).sum();
        assert!(bytes <= MAX_BYTES, "{bytes}");
        assert!(matches!(held.find("/bai/199", 0), Place::Kept(_)));
        assert!(matches!(held.find("/bai/0", 0), Place::Rendering(_)));
    }
}
