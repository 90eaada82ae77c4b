//! An agency's node: its settings, its command line, its server, an editor at work in it.

use std::path::Path;
use std::process::Stdio;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::process::{self, Process};
use crate::{http, ports};

const EDITOR: &str = "lan";
const PASSWORD: &str = "mot-mat-khau-du-dai";

/// A node's settings and data.
#[derive(Debug)]
pub struct Node {
    folder: TempDir,
    port: u16,
    name: String,
    slug: String,
    hub: Option<String>,
}

/// An editor who has signed in.
#[derive(Debug)]
pub struct Editor {
    client: Client,
    site: String,
    cookie: String,
}

impl Node {
    /// A node of an agency; `hub` is the hub's address.
    pub fn new(slug: &str, name: &str, hub: Option<String>) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            port: ports::free_port(),
            name: name.to_owned(),
            slug: slug.to_owned(),
            hub,
        }
    }

    /// `127.0.0.1:PORT`, as an allow-list names it.
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// A command line of the node with its settings.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = process::command("agency-node");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NODE_NAME", &self.name)
            .env("NODE_SLUG", &self.slug)
            .env("NODE_DATA_DIR", self.folder.path())
            .env("NODE_LISTEN", self.authority())
            .env("NODE_PUBLIC_URL", self.url("/"));
        if let Some(hub) = &self.hub {
            command.env("NODE_HUB", hub);
        }
        command
    }

    /// Publishes the entries of a file of JSON lines.
    pub async fn import(&self, file: &Path) {
        let output = self
            .command(&["import", &file.to_string_lossy()])
            .output()
            .await
            .expect("the node's program runs");
        assert!(
            output.status.success(),
            "import: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts serving; returns when the node answers.
    pub async fn serve(&self) -> Process {
        let mut process =
            Process::start("agency-node", self.command(&["serve"]), self.folder.path());
        process.until_ready(&self.url("/healthz")).await;
        process
    }

    /// Makes an account, and signs in with it.
    pub async fn sign_in(&self) -> Editor {
        let mut child = self
            .command(&["editor", "add", EDITOR])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the node's program runs");
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(format!("{PASSWORD}\n").as_bytes())
            .await
            .expect("the program reads the password");
        drop(input);
        let status = child.wait().await.expect("waiting for an own child");
        assert!(status.success(), "editor add: {status}");
        Editor::sign_in(&self.url(""), EDITOR, PASSWORD).await
    }
}

impl Editor {
    /// Signs in at the node at `site` as a browser does.
    pub async fn sign_in(site: &str, name: &str, password: &str) -> Self {
        let mut editor = Self {
            client: http::client(),
            site: site.to_owned(),
            cookie: String::new(),
        };
        let form = [("name", name), ("password", password), ("tiep", "/soan")];
        let answer = editor.post("/dang-nhap", &form).await;
        assert_eq!(answer.status().as_u16(), 303, "signing in");
        let cookie = answer.headers()[SET_COOKIE].to_str().expect("a cookie");
        cookie
            .split(';')
            .next()
            .unwrap_or_default()
            .clone_into(&mut editor.cookie);
        editor
    }

    /// Publishes an entry; returns its id.
    pub async fn publish(&self, title: &str, body: &str) -> String {
        let page = self.get("/soan/moi").await;
        let form = [
            ("token", hidden(&page, "token")),
            ("version", hidden(&page, "version")),
            ("title", title),
            ("kind", "news"),
            ("format", "plain"),
            ("body", body),
            ("action", "publish"),
        ];
        let answer = self.post("/soan/moi", &form).await;
        let location = location(answer).await;
        let id = location.trim_start_matches("/soan/");
        id.split(['?', '/']).next().unwrap_or_default().to_owned()
    }

    /// Withdraws an entry, by way of the page that asks once.
    pub async fn withdraw(&self, id: &str) {
        let path = format!("/soan/{id}/rut");
        let page = self.get(&path).await;
        let form = [
            ("token", hidden(&page, "token")),
            ("version", hidden(&page, "version")),
        ];
        let answer = self.post(&path, &form).await;
        location(answer).await;
    }

    async fn get(&self, path: &str) -> String {
        let url = format!("{}{path}", self.site);
        let response = self
            .client
            .get(&url)
            .header(COOKIE, &self.cookie)
            .send()
            .await
            .expect("the node answers");
        let status = response.status();
        let page = response.text().await.expect("a page");
        assert_eq!(status.as_u16(), 200, "GET {url}: {page}");
        page
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client
            .post(format!("{}{path}", self.site))
            .header(ORIGIN, &self.site)
            .header(COOKIE, &self.cookie)
            .form(form)
            .send()
            .await
            .expect("the node answers")
    }
}

/// Where a form that was taken leads.
async fn location(answer: Response) -> String {
    let status = answer.status();
    let location = answer.headers().get(LOCATION).cloned();
    let page = answer.text().await.unwrap_or_default();
    assert_eq!(status.as_u16(), 303, "the form was not taken: {page}");
    let location = location.expect("a redirect names its target");
    location.to_str().expect("a path").to_owned()
}

/// The value of a hidden field of a page's form.
fn hidden<'p>(page: &'p str, name: &str) -> &'p str {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no hidden field {name}: {page}"));
    rest.split('"').next().unwrap_or_default()
}
