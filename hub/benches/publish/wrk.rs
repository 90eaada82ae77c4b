//! Asks with `wrk`, and once by hand.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

/// What is asked for again and again.
pub(crate) struct Asked {
    url: String,
    headers: Vec<String>,
}

impl Asked {
    pub(crate) fn new(url: &str, headers: &[(&str, &str)]) -> Self {
        let gzip = [("accept-encoding", "gzip")];
        let headers = gzip.iter().chain(headers);
        Self {
            url: url.to_owned(),
            headers: headers
                .map(|(name, value)| format!("{name}: {value}"))
                .collect(),
        }
    }
}

/// Answers in a second.
pub(crate) fn per_second(asked: &Asked, connections: u32, seconds: u64) -> anyhow::Result<f64> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s")]);
    for header in &asked.headers {
        wrk.args(["-H", header]);
    }
    let output = wrk
        .arg(&asked.url)
        .output()
        .context("wrk is not there: apt-get install wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(
        output.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors"),
        "wrk says of {}: {text}",
        asked.url
    );
    let figure = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(figure.context("wrk counts no answers")?.trim().parse()?)
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn etag(&self) -> anyhow::Result<&str> {
        let line = self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("etag").then(|| value.trim())
        });
        line.context("the answer has no ETag")
    }
}

/// Asks once.
pub(crate) fn get(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> anyhow::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request += "\r\n";
    stream.write_all(request.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let begun = head.len();
        reader.read_line(&mut head)?;
        if head[begun..].trim().is_empty() {
            break;
        }
    }
    anyhow::ensure!(
        !head.to_ascii_lowercase().contains("transfer-encoding"),
        "a body in chunks is not expected"
    );
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    let status = head
        .split(' ')
        .nth(1)
        .context("there is no answer")?
        .parse()?;
    Ok(Answer { status, head, body })
}
