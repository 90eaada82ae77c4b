//! nginx with one file, as it comes and compressed.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::wrk::{Answer, get};

/// How long a server may take until it answers; a hub looks for duplicates of all entries first.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Nginx {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Nginx {
    pub(crate) fn start(plain: &[u8], gzip: &[u8]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().display();
        // Its workers are nobody.
        open_to_all(folder.path())?;
        fs::write(folder.path().join("file"), plain)?;
        fs::write(folder.path().join("file.gz"), gzip)?;
        let address = free()?;
        let configuration = format!(
            "daemon off; worker_processes auto; pid {path}/pid; error_log stderr error;
             events {{ worker_connections 1024; }}
             http {{
               access_log off; sendfile on; tcp_nopush on; gzip_static on; gzip_vary on;
               keepalive_requests 1000000000; open_file_cache max=100 inactive=60s;
               client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
               fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
               server {{ listen {address}; root {path}; }}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration)?;
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .spawn()
            .context("nginx is not there: apt-get install nginx-light")?;
        let nginx = Self {
            process,
            address,
            _folder: folder,
        };
        wait(|| nginx.get(&[]).is_ok_and(|answer| answer.status == 200))?;
        Ok(nginx)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/file", self.address)
    }

    pub(crate) fn get(&self, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        get(self.address, "/file", headers)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers when it is told to, not when it is killed.
        let told = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// An address that nobody listens on.
pub(crate) fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until something is so.
pub(crate) fn wait(mut is_so: impl FnMut() -> bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !is_so() {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "a server does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn open_to_all(folder: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(
        folder,
        fs::Permissions::from_mode(0o755),
    )?)
}
