//! The server of hostile feeds that was prepared for the tests, beside the repository.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::process::Process;
use crate::{http, ports, shared};

/// The server and its listeners on loopback. Dropping it ends them.
#[derive(Debug)]
pub struct HostileServer {
    /// Serves the behaviours on 127.0.0.1 and 127.0.0.2.
    pub port: u16,
    /// Stands for an internal service on 127.0.0.1: nobody may connect. Harmless on 127.0.0.2.
    pub canary: u16,
    /// Serves with a certificate of its own making.
    pub tls: u16,
    /// Answers questions for the names below `evil.test`.
    pub dns: u16,
    _process: Process,
}

/// What the server does at an address, and what a good harvester makes of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Behaviour {
    pub name: String,
    pub kind: String,
    pub url: String,
    /// How many entries are held afterwards; any number where there is none.
    pub items: Option<usize>,
}

/// A request that the server saw.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    pub path: String,
    #[serde(default)]
    pub headers: serde_json::Map<String, Value>,
}

impl HostileServer {
    /// Starts it; `folder` takes its log.
    pub async fn start(folder: &Path) -> Self {
        let [port, canary, tls, dns] = [(); 4].map(|()| ports::free_port());
        let mut command = Command::new("python3");
        command
            .arg(shared("evil/evil_server.py"))
            .args(["--port", &port.to_string()])
            .args(["--canary", &canary.to_string()])
            .args(["--tls", &tls.to_string()])
            .args(["--dns", &dns.to_string()])
            .args(["--life", "300"]);
        let mut process = Process::start("hostile", command, folder);
        process
            .until_ready(&format!("http://127.0.0.1:{port}/"))
            .await;
        Self {
            port,
            canary,
            tls,
            dns,
            _process: process,
        }
    }

    /// Everything that it can do.
    pub async fn behaviours(&self) -> Vec<Behaviour> {
        let index = self.json("/").await;
        let each = index["behaviours"].clone();
        serde_json::from_value(each).expect("the behaviours as they are described")
    }

    /// The requests so far.
    pub async fn seen(&self) -> Vec<Seen> {
        serde_json::from_value(self.json("/_log").await)
            .expect("the requests as they are described")
    }

    /// The connections to the canary so far.
    pub async fn canary_hits(&self) -> Vec<Value> {
        let hits = self.json("/_canary").await;
        hits.as_array().expect("a list of hits").clone()
    }

    async fn json(&self, path: &str) -> Value {
        http::json(&format!("http://127.0.0.1:{}{path}", self.port)).await
    }
}
