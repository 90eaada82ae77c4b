//! The province's identity provider.

use tempfile::TempDir;
use tokio::process::Command;

use crate::hub::Hub;
use crate::process::Process;
use crate::{http, ports, wait, workspace};

/// A provider that lets in whoever a test names. Stops when dropped.
#[derive(Debug)]
pub struct IdentityProvider {
    port: u16,
    _folder: TempDir,
    _server: Process,
}

impl IdentityProvider {
    /// A provider that knows the hub, and the hub it.
    pub async fn of(hub: &mut Hub) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free_port();
        let mut command = Command::new("node");
        command
            .arg(workspace().join("tests/tools/identity-provider.mjs"))
            .arg(port.to_string())
            .arg(hub.url("/console/dang-nhap/tinh/ve"));
        let server = Process::start("identity-provider", command, folder.path());
        wait::until("the identity provider listens", || async {
            server.log().contains("listening").then_some(())
        })
        .await;
        hub.set("HUB_OIDC_ISSUER", &format!("http://127.0.0.1:{port}"));
        hub.set("HUB_OIDC_CLIENT_ID", "loa");
        hub.set("HUB_OIDC_CLIENT_SECRET", "a secret & 100% + of both");
        hub.set("HUB_OIDC_NAME", "tài khoản của tỉnh");
        Self {
            port,
            _folder: folder,
            _server: server,
        }
    }

    /// Whoever comes next is this person.
    pub async fn is(&self, account: &str, email: &str, verified: bool) {
        let person =
            serde_json::json!({ "account": account, "email": email, "verified": verified });
        self.control(&person).await;
    }

    /// Signs with another key from now on.
    pub async fn rotate(&self) {
        self.control(&serde_json::json!({ "rotate": true })).await;
    }

    /// What it gives is wrong from now on, in this way; right again where there is none.
    pub async fn tamper(&self, way: &str) {
        self.control(&serde_json::json!({ "tamper": way })).await;
    }

    async fn control(&self, what: &serde_json::Value) {
        let url = format!("http://127.0.0.1:{}/control", self.port);
        let asked = http::client().post(url).body(what.to_string());
        let answer = asked.send().await.expect("the provider answers");
        assert_eq!(answer.status().as_u16(), 200);
    }
}
