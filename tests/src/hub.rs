//! A hub: its settings, its command line, its server.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::database::Database;
use crate::process::{self, Process};
use crate::{http, ports, wait};

/// A hub's settings and data. Nothing runs until [`Hub::serve`] or a command.
#[derive(Debug)]
pub struct Hub {
    folder: TempDir,
    database_url: String,
    host: String,
    port: u16,
    allowed: Vec<String>,
    name_server: Option<String>,
    settings: Vec<(String, String)>,
}

impl Hub {
    /// A hub with an empty database.
    pub async fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database_url = database.create(folder.path()).await;
        Self {
            folder,
            database_url,
            host: "127.0.0.1".to_owned(),
            port: ports::free_port(),
            allowed: Vec::new(),
            name_server: None,
            settings: Vec::new(),
        }
    }

    /// Another hub on the same database, with data and an address of its own.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            database_url: self.database_url.clone(),
            host: self.host.clone(),
            port: ports::free_port(),
            allowed: self.allowed.clone(),
            name_server: self.name_server.clone(),
            settings: self.settings.clone(),
        }
    }

    /// The same at another address of loopback: hubs that know each other need hosts of their own.
    #[must_use]
    pub fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// `127.0.0.1:PORT`, as an allow-list names it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Lets the hub reach `place` although it is on loopback.
    pub fn allow(&mut self, place: &str) {
        self.allowed.push(place.to_owned());
    }

    /// Lets the hub ask `server` for the addresses of names.
    pub fn ask(&mut self, server: &str) {
        self.name_server = Some(server.to_owned());
    }

    /// Gives the hub another setting, by the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Takes the database at another address.
    pub fn reach_database_at(&mut self, url: &str) {
        url.clone_into(&mut self.database_url);
    }

    /// The address of its database.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The address of a path of the portal.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// The folder that holds the hub's data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command line of the hub with its settings.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = process::command("hub");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HUB_DATABASE_URL", &self.database_url)
            .env("HUB_DATA_DIR", self.folder.path())
            .env("HUB_PUBLIC_URL", self.url("/"))
            .env("HUB_OUTBOUND_ALLOW", self.allowed.join(","));
        if let Some(server) = &self.name_server {
            command.env("HUB_DNS_SERVER", server);
        }
        for (name, value) in &self.settings {
            command.env(name, value);
        }
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .await
            .expect("the hub's program runs")
    }

    /// What a command that must succeed prints.
    pub async fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(
            output.status.success(),
            "hub {arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The JSON that a command that must succeed prints.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--format", "json"]].concat();
        let answer = self.answer(&arguments).await;
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("hub {arguments:?}: {error}: {answer}"))
    }

    /// Registers an agency.
    pub async fn add_agency(&self, slug: &str, name: &str) {
        self.answer(&["agency", "add", "--slug", slug, "--name", name])
            .await;
    }

    /// Registers a feed; returns its id.
    pub async fn add_feed(&self, agency: &str, url: &str) -> String {
        self.answer(&["feed", "add", "--agency", agency, url]).await
    }

    /// What the hub knows of a feed.
    pub async fn feed(&self, id: &str) -> Value {
        self.json(&["feed", "show", id]).await
    }

    /// The titles of a feed's entries that are published, sorted.
    pub async fn titles(&self, id: &str) -> Vec<String> {
        titles_of(&self.feed(id).await)
    }

    /// Harvests all feeds, due or not; returns the summary.
    pub async fn harvest(&self) -> Value {
        self.json(&["harvest", "--all"]).await
    }

    /// Starts serving; returns when the hub answers.
    pub async fn serve(&self) -> Process {
        let command = self.command(&["serve", "--listen", &self.authority()]);
        let mut process = Process::start("hub", command, self.folder.path());
        process.until_ready(&self.url("/readyz")).await;
        process
    }

    /// Waits until a page answers with a text that holds `wanted`.
    pub async fn until_page_has(&self, path: &str, wanted: &str) {
        let url = self.url(path);
        wait::until(&format!("{url} shows {wanted:?}"), || async {
            let page = http::get(&url).await.text().await.ok()?;
            page.contains(wanted).then_some(())
        })
        .await;
    }

    /// Waits until a path answers with a status.
    pub async fn until_status(&self, path: &str, status: u16) {
        let url = self.url(path);
        wait::until(&format!("{url} answers {status}"), || async {
            (http::status(&url).await == Some(status)).then_some(())
        })
        .await;
    }

    /// The titles that the widget's data names, the newest first.
    pub async fn widget_titles(&self) -> Vec<String> {
        let data = http::json(&self.url("/widget/entries.json?limit=50")).await;
        let entries = data["entries"].as_array().expect("entries");
        entries.iter().map(|entry| text(&entry["title"])).collect()
    }

    /// Waits until the index of a serving hub is where the repository is.
    pub async fn until_indexed(&self) {
        let url = self.url("/readyz");
        wait::until("the index follows the repository", || async {
            let ready = http::json(&url).await;
            (ready["lag"] == 0).then_some(())
        })
        .await;
    }

    /// The titles that a search of the portal's command line finds.
    pub async fn found(&self, query: &str) -> Vec<String> {
        let results = self.json(&["search", query, "--limit", "1000"]).await;
        let entries = results["entries"].as_array().expect("entries");
        entries.iter().map(|entry| text(&entry["title"])).collect()
    }
}

/// The titles of the entries that `hub feed show` lists and that are published, sorted.
pub fn titles_of(feed: &Value) -> Vec<String> {
    let entries = feed["entries"].as_array().expect("entries");
    let mut titles: Vec<_> = entries
        .iter()
        .filter(|entry| entry["withdrawn_at"].is_null())
        .map(|entry| text(&entry["title"]))
        .collect();
    titles.sort();
    titles
}

/// A JSON string.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("expected a string, found {value}"))
        .to_owned()
}
