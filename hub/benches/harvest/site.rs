//! The departments' sites: one server on loopback, on threads of its own, under many addresses.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

/// The name of the threads, by which their share of the processor is told from the hub's.
pub(crate) const THREADS: &str = "bench-site";

/// Two requests at once is what the hub asks of a host. Departments have hosts of their own, so these have too.
pub(crate) const HOSTS: u8 = 50;

/// Serves documents with entity tags at `/0`, `/1`, … of every host.
pub(crate) struct Site {
    port: u16,
    shared: Arc<Shared>,
    runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct Shared {
    pages: RwLock<Vec<Page>>,
    answered: AtomicUsize,
}

#[derive(Clone)]
struct Page {
    etag: String,
    body: Bytes,
}

impl Site {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(THREADS)
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared::default());
        let listeners = runtime.block_on(listen())?;
        let port = listeners[0].local_addr()?.port();
        for listener in listeners {
            let routes = Router::new()
                .route("/{number}", get(answer))
                .with_state(Arc::clone(&shared));
            runtime.spawn(async move { axum::serve(listener, routes).await });
        }
        Ok(Self {
            port,
            shared,
            runtime,
        })
    }

    /// Every address of the site, as an allow-list names them.
    pub(crate) fn network(&self) -> String {
        format!("127.0.1.0/24:{}", self.port)
    }

    /// The address of a document.
    pub(crate) fn url(&self, number: usize) -> String {
        let host = number % usize::from(HOSTS);
        format!("http://127.0.1.{}:{}/{number}", host + 1, self.port)
    }

    /// Serves these documents from now on; a number beyond them counts round.
    pub(crate) fn serve(&self, documents: impl IntoIterator<Item = String>) {
        let pages = documents.into_iter().map(Page::new).collect();
        *self
            .shared
            .pages
            .write()
            .unwrap_or_else(PoisonError::into_inner) = pages;
    }

    /// How many requests were answered so far.
    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(self) {
        self.runtime.shutdown_background();
    }
}

impl Page {
    fn new(document: String) -> Self {
        let hash = hex::encode(&Sha256::digest(&document)[..8]);
        Self {
            etag: format!("\"{hash}\""),
            body: document.into(),
        }
    }
}

/// A port that is free on every host.
async fn listen() -> anyhow::Result<Vec<tokio::net::TcpListener>> {
    let first = tokio::net::TcpListener::bind((Ipv4Addr::new(127, 0, 1, 1), 0)).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    for host in 2..=HOSTS {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::new(127, 0, 1, host), port))
            .await
            .context("the system has no 127.0.1.0/24 on loopback, as Linux does")?;
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Response {
    shared.answered.fetch_add(1, Ordering::Relaxed);
    let page = {
        let pages = shared.pages.read().unwrap_or_else(PoisonError::into_inner);
        pages[number % pages.len()].clone()
    };
    if headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == page.etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(ETAG, page.etag)]).into_response();
    }
    let headers = [
        (
            CONTENT_TYPE,
            "application/rss+xml; charset=utf-8".to_owned(),
        ),
        (ETAG, page.etag),
    ];
    (headers, page.body).into_response()
}
