//! Rendered documents, kept in memory until the revision moves.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OnceCell;

use super::Document;

/// Bytes kept at most: bounds the memory when somebody walks every page.
const MAX_BYTES: usize = 64 << 20;

/// A larger document is rendered for whoever asks, rather than drive out everything else.
const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// What keeping a document costs besides its bytes.
const OVERHEAD: usize = 512;

/// The memory of the pages. What it holds belongs to one revision.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Held>);

/// Two generations, of half the bytes each: what is asked for moves to the young one, and when
/// that is full, it becomes the old one and the old one goes, which nobody has asked for since.
#[derive(Debug, Default)]
struct Held {
    revision: i64,
    young: HashMap<String, Arc<Document>>,
    young_bytes: usize,
    old: HashMap<String, Arc<Document>>,
    /// What is being rendered now; a cell lives as long as somebody waits for it.
    rendering: HashMap<String, Weak<Cell>>,
}

type Cell = OnceCell<Arc<Document>>;

/// Where an address stands.
enum Place {
    Kept(Arc<Document>),
    Rendering(Arc<Cell>),
}

impl Cache {
    /// The document kept for `address` at `revision`, or what `render` makes of it. Of several who
    /// ask at once one renders and all get the result; a failure is its asker's alone.
    pub async fn get_or_render<E>(
        &self,
        revision: i64,
        address: &str,
        render: impl Future<Output = Result<Document, E>>,
    ) -> Result<Arc<Document>, E> {
        let place = self.held(revision).map(|mut held| held.find(address));
        let cell = match place {
            Some(Place::Kept(document)) => return Ok(document),
            Some(Place::Rendering(cell)) => cell,
            None => return render.await.map(Arc::new),
        };
        let document = cell
            .get_or_try_init(|| async {
                let document = Arc::new(render.await?);
                if let Some(mut held) = self.held(revision) {
                    held.keep(address, &document);
                }
                Ok(document)
            })
            .await?;
        Ok(Arc::clone(document))
    }

    /// What is held for `revision`; nothing for one that has passed.
    fn held(&self, revision: i64) -> Option<MutexGuard<'_, Held>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.revision < revision {
            *held = Held {
                revision,
                ..Held::default()
            };
        }
        (held.revision == revision).then_some(held)
    }
}

impl Held {
    fn find(&mut self, address: &str) -> Place {
        if let Some(document) = self.young.get(address) {
            return Place::Kept(Arc::clone(document));
        }
        if let Some(document) = self.old.remove(address) {
            self.keep(address, &document);
            return Place::Kept(document);
        }
        if let Some(cell) = self.rendering.get(address).and_then(Weak::upgrade) {
            return Place::Rendering(cell);
        }
        self.rendering.retain(|_, cell| cell.strong_count() > 0);
        let cell = Arc::default();
        self.rendering
            .insert(address.to_owned(), Arc::downgrade(&cell));
        Place::Rendering(cell)
    }

    fn keep(&mut self, address: &str, document: &Arc<Document>) {
        let zipped = document.gzip.as_ref().map_or(0, bytes::Bytes::len);
        let bytes = document.plain.len() + zipped + address.len() + OVERHEAD;
        if bytes > MAX_DOCUMENT_BYTES {
            return;
        }
        if self.young_bytes + bytes > MAX_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(address.to_owned(), Arc::clone(document));
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    async fn text(cache: &Cache, revision: i64, rendered: &'static str) -> String {
        let render = async { Ok::<_, Infallible>(Document::new("text/plain", rendered)) };
        let Ok(document) = cache.get_or_render(revision, "/", render).await;
        String::from_utf8(document.plain.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_document_lives_until_the_revision_moves() {
        let cache = Cache::default();
        assert_eq!(text(&cache, 1, "one").await, "one");
        assert_eq!(text(&cache, 1, "two").await, "one");
        assert_eq!(text(&cache, 2, "three").await, "three");
        // A request that began before the change neither gets nor leaves anything stale.
        assert_eq!(text(&cache, 1, "late").await, "late");
        assert_eq!(text(&cache, 2, "four").await, "three");
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
        let document = |bytes: usize| {
            Arc::new(Document {
                gzip: None,
                plain: vec![b'x'; bytes].into(),
                ..Document::new("text/plain", "")
            })
        };
        let mut held = Held::default();
        held.keep("/large", &document(MAX_DOCUMENT_BYTES));
        assert!(held.young.is_empty());
        held.keep("/", &document(1));
        for number in 0..200 {
            held.keep(&format!("/bai/{number}"), &document(1 << 20));
            assert!(matches!(held.find("/"), Place::Kept(_)));
        }
        let kept = held.young.values().chain(held.old.values());
        let bytes: usize = kept.map(|document| document.plain.len()).sum();
        assert!(bytes <= MAX_BYTES, "{bytes}");
        assert!(matches!(held.find("/bai/199"), Place::Kept(_)));
        assert!(matches!(held.find("/bai/0"), Place::Rendering(_)));
    }
}
