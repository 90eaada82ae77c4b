//! Both roles over real HTTP: a whole hub, and callbacks, feeds and other hubs on loopback.

mod as_hub;
mod as_subscriber;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::agencies::{self, NewAgency};
use hub_repository::pushes::{self, Push};
use hub_repository::{Db, FeedId, Scope, StoreError, Timestamp, entries, feeds, migrate, runs};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use super::Settings;
use crate::config::Config;

/// Long enough for a busy machine; what is waited for comes in milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer.
async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A request that came to a [`Site`].
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    path: String,
    /// Of the query, or of a form.
    parameters: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn value(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

/// How a [`Site`] answers at a path.
#[derive(Debug, Clone)]
enum Page {
    /// Confirms what it is asked, takes what it is sent.
    Callback,
    /// The same, after a while.
    Slow(Duration),
    /// Confirms, and never takes anything.
    Hangs,
    /// Confirms, and answers what it is sent with these, the last for ever.
    Takes(Vec<u16>),
    /// Answers everything with these bytes.
    Says(u16, Vec<(&'static str, String)>, String),
}

/// A server that remembers what it was asked.
struct Site {
    authority: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<Asked>>,
}

impl Site {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let routes = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            authority,
            shared,
            server,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    fn serve(&self, path: &str, page: Page) {
        self.shared
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), page);
    }

    /// What came to a path with a method.
    fn asked(&self, method: &str, path: &str) -> Vec<Asked> {
        let asked = self.shared.asked.lock().unwrap();
        let wanted = asked
            .iter()
            .filter(|asked| asked.method == method && asked.path == path);
        wanted.cloned().collect()
    }

    async fn until_asked(&self, method: &str, path: &str, times: usize) -> Vec<Asked> {
        until(&format!("{method} {path}, {times} times"), async || {
            Some(self.asked(method, path)).filter(|asked| asked.len() >= times)
        })
        .await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| {
            media_type
                .as_bytes()
                .starts_with(b"application/x-www-form-urlencoded")
        });
    let coded = if is_form {
        &body[..]
    } else {
        parts.uri.query().unwrap_or("").as_bytes()
    };
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        parameters: url::form_urlencoded::parse(coded).into_owned().collect(),
        headers: parts.headers,
        body: body.clone(),
    };
    let posts = {
        let mut all = shared.asked.lock().unwrap();
        all.push(asked.clone());
        all.iter()
            .filter(|one| one.method == "POST" && one.path == asked.path)
            .count()
    };
    let page = shared.pages.lock().unwrap().get(&asked.path).cloned();
    let confirmed = || asked.value("hub.challenge").to_owned().into_response();
    let status = |status: u16| StatusCode::from_u16(status).unwrap().into_response();
    let is_get = asked.method == "GET";
    match page {
        None => status(404),
        Some(Page::Says(code, headers, body)) => {
            let mut response = (StatusCode::from_u16(code).unwrap(), body).into_response();
            response.headers_mut().remove(header::CONTENT_TYPE);
            for (name, value) in headers {
                response.headers_mut().append(name, value.parse().unwrap());
            }
            response
        }
        Some(Page::Slow(pause)) => {
            tokio::time::sleep(pause).await;
            confirmed()
        }
        Some(Page::Hangs) if !is_get => std::future::pending().await,
        Some(Page::Takes(answers)) if !is_get => status(
            *answers
                .get(posts - 1)
                .unwrap_or_else(|| answers.last().unwrap()),
        ),
        Some(_) => confirmed(),
    }
}

/// A serving hub with a database of its own.
struct TestHub {
    folder: tempfile::TempDir,
    port: u16,
    db: Db,
    client: reqwest::Client,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl TestHub {
    /// A hub with one agency, `so-tu-phap`.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let db = Db::open(&database(&folder), 2).unwrap();
        db.run(|conn| {
            migrate::run(conn)?;
            let new = NewAgency {
                slug: "so-tu-phap",
                name: "Sở Tư pháp",
                parent_id: None,
                valid_from: None,
                valid_until: None,
                homepage: None,
            };
            agencies::add(conn, &Scope::Province, &new)
        })
        .await
        .unwrap();
        let mut hub = Self {
            folder,
            port,
            db,
            client: client(),
            running: None,
        };
        hub.serve(listener);
        hub
    }

    fn serve(&mut self, listener: TcpListener) {
        let config = Config {
            database_url: database(&self.folder),
            data_dir: self.folder.path().to_owned(),
            public_url: self.url("/").parse().unwrap(),
            title: "Pháp luật Thanh Hóa".to_owned(),
            outbound_allow: vec!["127.0.0.1/32".parse().unwrap()],
            metrics_listen: None,
            dns_server: None,
            contact: None,
            trusted_proxies: Vec::new(),
            api_limit: 600,
            dump_dir: self.folder.path().join("dump"),
            secret_key_file: self.folder.path().join("secret.key"),
            data_licence: None,
            mail: None,
            oidc: None,
            schedule: crate::harvest::schedule::Policy::default(),
            websub: Settings {
                min_lease: Duration::from_secs(1),
                first_retry: Duration::from_millis(300),
            },
        };
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            crate::serve(config, listener, shutdown).await.unwrap();
        });
        self.running = Some((stop, server));
    }

    async fn stop(&mut self) {
        let (stop, server) = self.running.take().unwrap();
        stop.send(()).unwrap();
        server.await.unwrap();
    }

    async fn start_again(&mut self) {
        let address = format!("127.0.0.1:{}", self.port);
        let listener = until("the port is free", async || {
            TcpListener::bind(&address).await.ok()
        });
        self.serve(listener.await);
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// Posts a form to the hub; its status and text.
    async fn post(&self, form: &[(&str, &str)]) -> (u16, String) {
        let request = self.client.post(self.url("/websub")).form(form);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let media_type = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(media_type.starts_with("text/plain"), "{media_type}");
        (status, answer.text().await.unwrap())
    }

    /// Registers a feed and waits until it was read.
    async fn add_feed(&self, url: &str) -> FeedId {
        let address = Url::parse(url).unwrap().to_string();
        let feed = self
            .db
            .run(move |conn| {
                let agency = agencies::find_by_slug(conn, &Scope::Province, "so-tu-phap")?;
                let agency = agency.ok_or(StoreError::NotFound)?.id;
                feeds::add(conn, &Scope::Province, agency, &address, Timestamp::now())
            })
            .await
            .unwrap()
            .id;
        self.ping(url).await;
        until("the feed was read", async || {
            let runs = move |conn: &mut _| runs::list(conn, &Scope::Province, feed, 1);
            self.db.run(runs).await.unwrap().pop()
        })
        .await;
        feed
    }

    /// The titles that came through a feed, sorted.
    async fn titles(&self, feed: FeedId) -> Vec<String> {
        let list = move |conn: &mut _| entries::of_feed(conn, &Scope::Province, feed, 99);
        let entries = self.db.run(list).await.unwrap();
        let mut titles: Vec<_> = entries.into_iter().map(|entry| entry.title).collect();
        titles.sort();
        titles
    }

    async fn until_titles(&self, feed: FeedId, wanted: &[&str]) {
        until(&format!("{wanted:?} are stored"), async || {
            (self.titles(feed).await == wanted).then_some(())
        })
        .await;
    }

    /// Asks the hub to fetch a feed.
    async fn ping(&self, url: &str) {
        let (status, text) = self
            .post(&[("hub.mode", "publish"), ("hub.url", url)])
            .await;
        assert_eq!(status, 202, "{text}");
    }

    async fn push_of(&self, feed: FeedId) -> Option<Push> {
        let find = move |conn: &mut _| pushes::of_feed(conn, &Scope::Province, feed);
        self.db.run(find).await.unwrap()
    }
}

fn client() -> reqwest::Client {
    // An error only says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn database(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("hub.db").display())
}

/// An Atom feed with these entries, and more elements in its head.
fn atom(head: &str, titles: &[&str]) -> String {
    let mut entries = String::new();
    for title in titles {
        entries += "<entry><id>urn:x:TITLE</id><title>TITLE</title>\
             <updated>2026-11-01T00:00:00Z</updated><content>Nội dung TITLE</content></entry>"
            .replace("TITLE", title)
            .as_str();
    }
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:x:feed</id><title>Tin</title>\
         <updated>2026-11-01T00:00:00Z</updated>{head}{entries}</feed>"
    )
}

/// A feed as a site serves it.
fn feed_page(links: &[&str], head: &str, titles: &[&str]) -> Page {
    let mut headers = vec![("content-type", "application/atom+xml".to_owned())];
    headers.extend(links.iter().map(|link| ("link", (*link).to_owned())));
    Page::Says(200, headers, atom(head, titles))
}
