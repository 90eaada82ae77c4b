//! A node and a hub for tests.

use std::path::PathBuf;

use agency_node::{Config, ImportError, Imported};
use axum::extract::State;
use axum::routing::post;
use axum::{Form, Router};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(super) const FEED_PATHS: [&str; 3] = ["/feed.rss", "/feed.atom", "/feed.json"];
pub(super) const PASSWORD: &str = "bốn từ không liên quan";

/// A node that serves on a free port; it stops when dropped.
pub(super) struct TestNode {
    pub(super) client: Client,
    config: Config,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// A browser with a session.
#[derive(Clone)]
pub(super) struct Editor {
    client: Client,
    address: String,
    pub(super) cookie: String,
    pub(super) token: String,
}

/// What an editor types.
pub(super) struct Draft<'a> {
    pub(super) title: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
    pub(super) extra: &'a [(&'a str, &'a str)],
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            title: "Bài thử",
            kind: "news",
            body: "Nội dung bài thử.",
            extra: &[],
        }
    }
}

/// A hub that only notes what it is told.
pub(super) struct FakeHub {
    pub(super) url: String,
    told: mpsc::UnboundedReceiver<String>,
    serving: JoinHandle<()>,
}

impl TestNode {
    pub(super) async fn start(hub: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config::new(
            "Sở Tư pháp",
            address.parse().unwrap(),
            PathBuf::from(folder.path()).join("new folder"),
        );
        config.hub = hub.map(|hub| hub.parse().unwrap());
        agency_node::ensure_editor(&config, "lan", PASSWORD).unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = agency_node::serve(config.clone(), listener, async {
            let _ = stopped.await;
        });
        let serving = tokio::spawn(async { serve.await.unwrap() });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            client,
            config,
            stop: Some(stop),
            serving: Some(serving),
            _folder: folder,
        }
    }

    /// Asks the node to stop and waits until it did.
    pub(super) async fn stop(&mut self) {
        drop(self.stop.take());
        self.serving.take().unwrap().await.unwrap();
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!(
            "{}{path}",
            self.config.public_url.as_str().trim_end_matches('/')
        )
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.client.get(self.at(path)).send().await.unwrap()
    }

    pub(super) fn import(&self, lines: &str) -> Result<Imported, ImportError> {
        agency_node::import(&self.config, lines.as_bytes(), |_| {})
    }

    /// The feed as a reader understands it, which must find nothing to complain about.
    pub(super) async fn feed(&self, path: &str) -> feeds::Feed {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let bytes = answer.bytes().await.unwrap();
        let parsed = feeds::parse(&bytes, &feeds::Hints::default()).unwrap();
        // An empty feed may be empty, and RSS has to escape a plain `<` twice.
        let expected = [
            feeds::ProblemCode::NoEntries,
            feeds::ProblemCode::DoubleEscaped,
        ];
        let problems: Vec<_> = parsed
            .problems
            .iter()
            .filter(|problem| !expected.contains(&problem.code))
            .collect();
        assert!(problems.is_empty(), "{path}: {problems:?}");
        parsed.feed
    }

    pub(super) async fn try_sign_in(&self, name: &str, password: &str) -> Response {
        let form = [("name", name), ("password", password)];
        self.client
            .post(self.at("/dang-nhap"))
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    pub(super) async fn sign_in(&self) -> Editor {
        let answer = self.try_sign_in("lan", PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut editor = Editor {
            client: self.client.clone(),
            address: self.at(""),
            cookie,
            token: String::new(),
        };
        let page = editor.get("/soan/moi").await.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"')
            .next()
            .unwrap()
            .clone_into(&mut editor.token);
        editor
    }
}

impl Editor {
    pub(super) async fn get(&self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.address));
        request.header(COOKIE, &self.cookie).send().await.unwrap()
    }

    /// Sends a form with the session's token.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let mut form = vec![("token", self.token.as_str())];
        form.extend_from_slice(fields);
        let request = self.client.post(format!("{}{path}", self.address));
        request
            .header(COOKIE, &self.cookie)
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    pub(super) async fn submit(
        &self,
        path: &str,
        version: i64,
        action: &str,
        draft: &Draft<'_>,
    ) -> Response {
        let version = version.to_string();
        let mut fields = vec![
            ("version", version.as_str()),
            ("action", action),
            ("title", draft.title),
            ("kind", draft.kind),
            ("format", "plain"),
            ("body", draft.body),
        ];
        fields.extend_from_slice(draft.extra);
        self.post(path, &fields).await
    }

    /// Saves an entry that exists.
    pub(super) async fn save(
        &self,
        id: &str,
        version: i64,
        action: &str,
        draft: &Draft<'_>,
    ) -> Response {
        self.submit(&format!("/soan/{id}"), version, action, draft)
            .await
    }

    /// Writes a new entry and gives its id.
    pub(super) async fn write(&self, action: &str, draft: &Draft<'_>) -> String {
        let answer = self.submit("/soan/moi", 0, action, draft).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let target = answer.headers()[LOCATION].to_str().unwrap();
        let (path, _) = target.split_once('?').unwrap();
        path.strip_prefix("/soan/").unwrap().to_owned()
    }

    pub(super) async fn publish(&self, draft: &Draft<'_>) -> String {
        self.write("publish", draft).await
    }
}

impl FakeHub {
    pub(super) async fn start() -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let routes = Router::new().route("/websub", post(note)).with_state(tell);
        let serving = tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { url, told, serving }
    }

    /// The three addresses of the next change.
    pub(super) async fn next_round(&mut self) -> Vec<String> {
        let mut round = Vec::new();
        while round.len() < 3 {
            let told = tokio::time::timeout(std::time::Duration::from_secs(20), self.told.recv());
            round.push(told.await.expect("the hub was not told").unwrap());
        }
        round
    }
}

impl Drop for FakeHub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A line of an import file.
pub(super) fn row(id: &str, title: &str) -> String {
    serde_json::json!({
        "id": id,
        "kind": "news",
        "title": title,
        "published": "2026-06-25T08:23:00+07:00",
        "body_html": "<p>Nội dung.</p>",
        "agency": "không dùng đến",
    })
    .to_string()
}

async fn note(
    State(tell): State<mpsc::UnboundedSender<String>>,
    Form(form): Form<Vec<(String, String)>>,
) {
    assert_eq!(form[0], ("hub.mode".to_owned(), "publish".to_owned()));
    tell.send(form[1].1.clone()).unwrap();
}
