//! Seven ports in a row on loopback.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Takes `count` ports from `first` on, or none.
pub(crate) async fn bind(first: u16, count: usize) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for port in (first..).take(count) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| {
                format!(
                    "port {port} is not free; choose another range with --port, such as --port {}",
                    other_range(first)
                )
            })?;
        listeners.push(listener);
    }
    if listeners.len() < count {
        bail!("there are not {count} ports from {first} on; choose a lower --port");
    }
    Ok(listeners)
}

/// The address that a listener's server has.
pub(crate) fn address(listener: &TcpListener) -> anyhow::Result<Url> {
    Ok(format!("http://{}/", listener.local_addr()?).parse()?)
}

/// Waits until a server accepts connections and answers.
///
/// The socket queues connections before the server takes them, so this waits for an answer.
pub(crate) async fn wait_until_answered(url: &Url) -> anyhow::Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let ask = async {
        let host = url.authority();
        let mut stream = TcpStream::connect(host).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.1 200") {
            bail!("the hub is not ready: {answer}");
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_mins(1), ask)
        .await
        .context("the hub did not answer within a minute")?
}

fn other_range(first: u16) -> u16 {
    if first > 60_000 { 8_800 } else { first + 100 }
}
