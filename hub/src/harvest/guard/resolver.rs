//! Which addresses and texts a name has, asked of the system or of the name server that the settings give.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::ClientSetupError;

/// A name server that works answers within milliseconds, or within a second when it has to ask far away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Datagrams get lost: this leaves time to ask once more within [`PATIENCE`].
const ONE_TRY: Duration = Duration::from_secs(2);

/// Where the system keeps its name servers, for what its own resolver does not ask them.
const SYSTEM_SERVERS: &str = "/etc/resolv.conf";

/// Texts that are looked at.
const MOST_TEXTS: usize = 50;

/// Who is asked. Answers are not kept: name servers do that, and the guard wants the address of now.
#[derive(Debug, Clone)]
pub(super) enum Resolver {
    System,
    Server(Box<TokioResolver>),
}

/// Why a name has no address. The text is stored and shown to the agency's webmaster.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("there is no such name")]
    NoSuchName,
    #[error("the name has no address")]
    NoAddress,
    #[error("no name server is known; set HUB_DNS_SERVER")]
    NoServer,
    #[error("no name server answered within {} seconds", PATIENCE.as_secs())]
    Silent,
    #[error("{0}")]
    Failed(String),
}

impl Resolver {
    /// The system's resolver, or `server` instead of it.
    pub(super) fn new(server: Option<SocketAddr>) -> Result<Resolver, ClientSetupError> {
        let Some(server) = server else {
            return Ok(Resolver::System);
        };
        asking(&[server])
            .map(|resolver| Resolver::Server(Box::new(resolver)))
            .map_err(|error| ClientSetupError::NameServer(error.to_string()))
    }

    /// The TXT records of `name` (RFC 1035 §3.3.14), each in one piece.
    pub(super) async fn texts(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        let asked = async {
            match self {
                Resolver::Server(resolver) => texts(resolver, name).await,
                Resolver::System => {
                    let file = tokio::fs::read_to_string(SYSTEM_SERVERS).await;
                    let servers = name_servers(&file.unwrap_or_default());
                    if servers.is_empty() {
                        return Err(ResolveError::NoServer);
                    }
                    let resolver = asking(&servers)
                        .map_err(|error| ResolveError::Failed(error.to_string()))?;
                    texts(&resolver, name).await
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .map_err(|_| ResolveError::Silent)?
    }

    /// The addresses of `name`, at least one.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = tokio::time::timeout(PATIENCE, self.ask(name))
            .await
            .map_err(|_| ResolveError::Silent)??;
        if found.is_empty() {
            return Err(ResolveError::NoAddress);
        }
        Ok(found)
    }

    async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        match self {
            Resolver::System => tokio::net::lookup_host((name, 0))
                .await
                .map(|found| found.map(|address| address.ip()).collect())
                .map_err(|error| ResolveError::Failed(error.to_string())),
            Resolver::Server(resolver) => {
                let found = resolver
                    .lookup_ip(absolute(name))
                    .await
                    .map_err(|error| explain(&error))?;
                Ok(found.iter().collect())
            }
        }
    }
}

fn asking(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let servers = servers.iter().map(|server| {
        let mut at = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut at.connections {
            connection.port = server.port();
        }
        at
    });
    let config = ResolverConfig::from_name_servers(servers.collect());
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = ONE_TRY;
    options.attempts = 1;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    builder.build()
}

async fn texts(resolver: &TokioResolver, name: &str) -> Result<Vec<String>, ResolveError> {
    let found = match resolver.txt_lookup(absolute(name)).await {
        Ok(found) => found,
        Err(error) if error.is_nx_domain() || error.is_no_records_found() => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(explain(&error)),
    };
    let texts = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
    Ok(texts.take(MOST_TEXTS).collect())
}

/// With a final dot no search domain is tried.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

/// The servers that a `resolv.conf` names.
fn name_servers(file: &str) -> Vec<SocketAddr> {
    let lines = file.lines().filter_map(|line| {
        let server = line.trim().strip_prefix("nameserver")?;
        let address: IpAddr = server.split_whitespace().next()?.parse().ok()?;
        Some(SocketAddr::new(address, 53))
    });
    lines.collect()
}

fn explain(error: &NetError) -> ResolveError {
    if error.is_nx_domain() {
        ResolveError::NoSuchName
    } else if error.is_no_records_found() {
        ResolveError::NoAddress
    } else if matches!(error, NetError::Timeout) {
        ResolveError::Silent
    } else {
        ResolveError::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UdpSocket;

    use super::*;

    /// A response code, and records with their type and data.
    type Answer = (u8, Vec<(u8, Vec<u8>)>);

    /// A name server that answers a question for an address (type 1) or a text (16) with what `records` makes of its first
    /// label; of records of another type than was asked for it says nothing.
    async fn name_server(records: impl Fn(&[u8]) -> Answer + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query).await {
                let question = &query[12..length];
                let label = question[1..=usize::from(question[0])].to_ascii_lowercase();
                let end = question.iter().position(|byte| *byte == 0).unwrap() + 5;
                let (code, mut answers) = records(&label);
                let asked = question[end - 3];
                // An alias (5) answers every question.
                answers.retain(|(kind, _)| *kind == asked || *kind == 5);
                if !matches!(asked, 1 | 16) {
                    answers.clear();
                }
                let count = u8::try_from(answers.len()).unwrap();
                let mut answer = query[..2].to_vec();
                answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
                answer.extend(&question[..end]);
                for (kind, data) in answers {
                    let length = u8::try_from(data.len()).unwrap();
                    // The question's name, the type, the class IN, no time to live.
                    answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, length]);
                    answer.extend(data);
                }
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn a_name_server_of_ones_own_is_asked_and_its_failures_are_told_apart() {
        let address = vec![(1, vec![192, 0, 2, 7])];
        let server = name_server(move |label| match label {
            b"ten" => (0, address.clone()),
            b"rong" => (0, Vec::new()),
            b"hong" => (2, Vec::new()),
            // An alias of itself.
            b"vong" => (0, vec![(5, vec![0xc0, 12])]),
            _ => (3, Vec::new()),
        })
        .await;
        let resolver = Resolver::new(Some(server)).unwrap();
        let ask = async |name: &str| {
            let found = resolver.addresses(name).await;
            found.map_err(|error| error.to_string())
        };
        let found = vec!["192.0.2.7".parse::<IpAddr>().unwrap()];
        assert_eq!(ask("ten.vn").await.as_ref(), Ok(&found));
        assert_eq!(ask("ten.vn.").await.as_ref(), Ok(&found));
        assert_eq!(ask("khong.vn").await.unwrap_err(), "there is no such name");
        assert_eq!(ask("rong.vn").await.unwrap_err(), "the name has no address");
        for name in ["hong.vn", "vong.vn"] {
            assert!(!ask(name).await.unwrap_err().is_empty(), "{name}");
        }
    }

    #[tokio::test]
    async fn texts_are_put_together_and_their_absence_is_no_failure() {
        let server = name_server(|label| match label {
            b"ten" => {
                let text = |parts: &[&[u8]]| {
                    let parts = parts.iter();
                    let bytes = parts.flat_map(|part| {
                        let length = u8::try_from(part.len()).unwrap();
                        [&[length], *part].concat()
                    });
                    (16, bytes.collect())
                };
                (0, vec![text(&[b"v=spf1 -all"]), text(&[b"loa", b"-1"])])
            }
            b"rong" => (0, vec![(1, vec![192, 0, 2, 7])]),
            b"hong" => (2, Vec::new()),
            _ => (3, Vec::new()),
        })
        .await;
        let resolver = Resolver::new(Some(server)).unwrap();
        let ask = async |name: &str| {
            resolver
                .texts(name)
                .await
                .map_err(|error| error.to_string())
        };
        assert_eq!(ask("ten.vn").await.unwrap(), ["v=spf1 -all", "loa-1"]);
        for name in ["rong.vn", "khong.vn"] {
            assert_eq!(ask(name).await.unwrap(), [""; 0], "{name}");
        }
        assert!(!ask("hong.vn").await.unwrap_err().is_empty());
    }

    #[test]
    fn the_systems_servers_are_read() {
        let file = "# nameserver 192.0.2.9\nsearch vn\nnameserver 192.0.2.1\nnameserver\t::1 # x\nnameserver fe80::1%eth0\n";
        let servers: Vec<String> = name_servers(file).iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.0.2.1:53", "[::1]:53"]);
    }
}
