//! Rendered documents, kept in memory until the revision moves.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Document;

/// Distinct addresses kept for one revision: bounds the memory when somebody walks every page.
const MAX_DOCUMENTS: usize = 2_000;

/// The memory of the pages. What it holds belongs to one revision.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    revision: i64,
    documents: HashMap<String, Arc<Document>>,
}

impl Cache {
    /// The document kept for `address` at `revision`, or what `render` makes of it.
    pub async fn get_or_render<E>(
        &self,
        revision: i64,
        address: &str,
        render: impl Future<Output = Result<Document, E>>,
    ) -> Result<Arc<Document>, E> {
        if let Some(document) = self
            .held(revision)
            .and_then(|held| held.documents.get(address).cloned())
        {
            return Ok(document);
        }
        let document = Arc::new(render.await?);
        if let Some(mut held) = self.held(revision)
            && held.documents.len() < MAX_DOCUMENTS
        {
            held.documents
                .insert(address.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }

    /// What is held for `revision`; nothing for one that has passed.
    fn held(&self, revision: i64) -> Option<MutexGuard<'_, Held>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.revision < revision {
            *held = Held {
                revision,
                documents: HashMap::new(),
            };
        }
        (held.revision == revision).then_some(held)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

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
}
