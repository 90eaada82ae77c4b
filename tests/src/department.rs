//! A department's web site that serves what a test wants, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a path of the site answers.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub content_type: String,
    /// Who sends it back is answered with 304.
    pub etag: Option<String>,
    /// Its Content-Security-Policy.
    pub policy: Option<String>,
    pub body: Bytes,
}

impl Page {
    /// An RSS document, answered with 200.
    pub fn rss(document: impl Into<Bytes>) -> Self {
        Self::of_type("application/rss+xml; charset=utf-8", document)
    }

    /// A document of some content type, answered with 200.
    pub fn of_type(content_type: &str, document: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: content_type.to_owned(),
            etag: None,
            policy: None,
            body: document.into(),
        }
    }

    /// An error page.
    pub fn error(status: u16) -> Self {
        Self {
            status,
            ..Self::of_type("text/html; charset=utf-8", "<html><h1>Lỗi</h1></html>")
        }
    }

    /// The same, under a Content-Security-Policy.
    #[must_use]
    pub fn under(self, policy: &str) -> Self {
        Self {
            policy: Some(policy.to_owned()),
            ..self
        }
    }

    /// The same, with an entity tag.
    #[must_use]
    pub fn tagged(self, etag: &str) -> Self {
        Self {
            etag: Some(format!("\"{etag}\"")),
            ..self
        }
    }
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    /// It named the entity tag that it had.
    pub conditional: bool,
    pub answered: u16,
}

/// The site. Stops when dropped.
#[derive(Debug)]
pub struct Department {
    /// `127.0.0.1:PORT`, as an allow-list names it.
    pub authority: String,
    site: Arc<Site>,
    server: JoinHandle<()>,
}

/// Holds back the answers of a path until it is opened or dropped.
#[derive(Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Receiver<usize>,
}

#[derive(Debug, Default)]
struct Site {
    pages: Mutex<HashMap<String, Page>>,
    gates: Mutex<HashMap<String, Turnstile>>,
    asked: Mutex<Vec<Asked>>,
}

#[derive(Debug, Clone)]
struct Turnstile {
    open: watch::Receiver<bool>,
    waiting: watch::Sender<usize>,
}

impl Department {
    /// A site without pages.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket");
        let site = Arc::new(Site::default());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&site));
        let server = tokio::spawn(async move {
            axum::serve(listener, routes)
                .await
                .expect("serving on loopback");
        });
        Self {
            authority: address.to_string(),
            site,
            server,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    /// Serves `page` at `path` from now on.
    pub fn serve(&self, path: &str, page: Page) {
        lock(&self.site.pages).insert(path.to_owned(), page);
    }

    /// Holds back what is asked for at `path` from now on.
    pub fn hold(&self, path: &str) -> Gate {
        let (open, opened) = watch::channel(false);
        let (waiting, waiters) = watch::channel(0);
        let turnstile = Turnstile {
            open: opened,
            waiting,
        };
        lock(&self.site.gates).insert(path.to_owned(), turnstile);
        Gate {
            open,
            waiting: waiters,
        }
    }

    /// What was asked at `path` so far.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = lock(&self.site.asked);
        asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }
}

impl Drop for Department {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Gate {
    /// Waits until a request stands before the gate.
    pub async fn reached(&mut self) {
        tokio::time::timeout(
            crate::wait::PATIENCE,
            self.waiting.wait_for(|count| *count > 0),
        )
        .await
        .expect("nobody came to the gate")
        .expect("the site is there");
    }

    /// Lets through who waits and who comes.
    pub fn open(self) {
        self.open.send_replace(true);
    }
}

async fn answer(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.to_string();
    let turnstile = lock(&site.gates).get(&path).cloned();
    if let Some(mut turnstile) = turnstile {
        turnstile.waiting.send_modify(|count| *count += 1);
        // An error means that the gate was dropped, which opens it.
        let _ = turnstile.open.wait_for(|open| *open).await;
    }
    let page = lock(&site.pages)
        .get(&path)
        .cloned()
        .unwrap_or_else(|| Page::error(404));
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let unchanged = page.etag.is_some() && known == page.etag.as_deref();
    let status = if unchanged { 304 } else { page.status };
    lock(&site.asked).push(Asked {
        path,
        conditional: known.is_some(),
        answered: status,
    });
    let code = StatusCode::from_u16(status).expect("a test's status");
    let mut response = if unchanged {
        code.into_response()
    } else {
        (code, page.body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        page.content_type.parse().expect("a content type"),
    );
    if let Some(policy) = page.policy {
        headers.insert(CONTENT_SECURITY_POLICY, policy.parse().expect("a policy"));
    }
    if let Some(etag) = page.etag {
        headers.insert(ETAG, etag.parse().expect("an entity tag"));
    }
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no request panics while it holds this")
}
