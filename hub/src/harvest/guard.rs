//! The outbound guard: which addresses the hub may connect to. Everything that leaves the hub passes here.
//!
//! Whether a connection is permitted depends on three facts: the name in the URL, the address it resolves to and the
//! port. [`Guard::check_url`] judges what a URL shows by itself; [`GuardedClients`] judges the address at the moment of
//! connecting, so that a name that changes its address between a check and the connection (DNS rebinding) gains nothing.

mod addresses;
mod allowed;
mod clients;
mod resolver;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use url::{Host, Url};

pub use allowed::{Allowed, AllowedError};
pub use clients::{ClientSetupError, GuardedClients};

/// The ports that public sites may be read from without an allow-list entry.
const PUBLIC_PORTS: [u16; 2] = [80, 443];

/// Longer addresses are refused: no feed needs them, and they would be stored and shown.
const LONGEST_URL: usize = 4096;

/// What may be reached: the public internet on ports 80 and 443, and what the operator listed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Arc<[Allowed]>,
    name_server: Option<SocketAddr>,
}

/// Why a connection was not made. The text is stored and shown to the agency's webmaster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the address begins with `{scheme}:`, expected `http:` or `https:`; give the feed's web address"
    )]
    Scheme { scheme: String },

    #[error("the address is longer than {LONGEST_URL} characters; give the feed a shorter address")]
    TooLong,

    #[error("the address holds a user name or password; feeds must be readable without signing in")]
    Credentials,

    #[error(
        "`{host}` is to be read from port {port}, but feeds are read from ports 80 and 443 only; \
         publish the feed there, or ask the hub's operator to allow `{host}:{port}`"
    )]
    Port { host: String, port: u16 },

    #[error(
        "{}, {what}, which is not on the public internet; publish the feed at a public address (and have its name lead \
         there), or ask the hub's operator to allow the province's internal network",
        led_to(host, *address)
    )]
    Address {
        host: String,
        address: IpAddr,
        what: &'static str,
    },
}

impl Guard {
    /// A guard that opens, besides the public internet, exactly what `allow` names.
    pub fn new(allow: Vec<Allowed>) -> Guard {
        Guard {
            allow: allow.into(),
            name_server: None,
        }
    }

    /// The same guard, asking `server` for the addresses of names instead of the system.
    #[must_use]
    pub fn asking(self, server: Option<SocketAddr>) -> Guard {
        Guard {
            name_server: server,
            ..self
        }
    }

    /// Judges what the URL shows without resolving its name: scheme, credentials, port, and an address written out in
    /// any of its spellings (the parser has brought `0x7f.1`, `2130706433` and `１２７.０.０.１` to one form).
    pub fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme {
                scheme: url.scheme().chars().take(40).collect(),
            });
        }
        if url.as_str().len() > LONGEST_URL {
            return Err(Refusal::TooLong);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            // The parser gives every http and https URL a host and a port.
            return Err(Refusal::Scheme {
                scheme: url.scheme().to_owned(),
            });
        };
        match host {
            Host::Ipv4(address) => {
                self.check_address(&host.to_string(), SocketAddr::from((address, port)))
            }
            Host::Ipv6(address) => {
                self.check_address(&host.to_string(), SocketAddr::from((address, port)))
            }
            Host::Domain(name) if self.may_reach_port(name, port) => Ok(()),
            Host::Domain(name) => Err(Refusal::Port {
                host: name.to_owned(),
                port,
            }),
        }
    }

    /// Judges one address that `host` (a name, or the address itself) led to, on the port of the connection.
    pub fn check_address(&self, host: &str, address: SocketAddr) -> Result<(), Refusal> {
        let (ip, port) = (address.ip(), address.port());
        if self
            .allow
            .iter()
            .any(|allowed| allowed.permits(host, ip, port))
        {
            return Ok(());
        }
        if let Some(what) = addresses::special_use(ip) {
            return Err(Refusal::Address {
                host: host.to_owned(),
                address: ip,
                what,
            });
        }
        if PUBLIC_PORTS.contains(&port) {
            Ok(())
        } else {
            Err(Refusal::Port {
                host: host.to_owned(),
                port,
            })
        }
    }

    /// The addresses among `found` that a connection to `host` on `port` may use; the last refusal when none is left.
    fn permitted(&self, host: &str, port: u16, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Refusal> {
        let mut refusal = None;
        let mut permitted = Vec::new();
        for ip in found {
            match self.check_address(host, SocketAddr::new(ip, port)) {
                Ok(()) => permitted.push(ip),
                Err(cause) => refusal = Some(cause),
            }
        }
        match refusal {
            Some(refusal) if permitted.is_empty() => Err(refusal),
            _ => Ok(permitted),
        }
    }

    /// The ports that have rules of their own. Every other port is judged alike.
    fn ports_with_rules(&self) -> BTreeSet<u16> {
        let named = self.allow.iter().filter_map(Allowed::port);
        named.chain(PUBLIC_PORTS).collect()
    }

    /// Whether some address behind `name` could be permitted on `port`.
    fn may_reach_port(&self, name: &str, port: u16) -> bool {
        PUBLIC_PORTS.contains(&port)
            || self
                .allow
                .iter()
                .any(|allowed| allowed.concerns(name, port))
    }
}

fn led_to(host: &str, address: IpAddr) -> String {
    if host.trim_matches(['[', ']']).parse() == Ok(address) {
        format!("the address leads to {address}")
    } else {
        format!("`{host}` leads to {address}")
    }
}

#[cfg(test)]
pub(super) mod tests;
