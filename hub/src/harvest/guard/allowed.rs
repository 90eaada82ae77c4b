//! One entry of the allow-list: `CIDR`, `CIDR:port` or `host:port`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::Host;

use super::addresses;

/// What the operator opened although the guard would refuse it. There is no entry that opens everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Every address of a network (or one address), on every port or on one.
    Network { network: IpNet, port: Option<u16> },
    /// One name on one port, whichever address it resolves to.
    Name { name: String, port: u16 },
}

/// Why an entry of the allow-list was not understood, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{entry}` is no allow-list entry: {cause}; expected a network (`10.20.0.0/16`, `fd12:3456::/32`), a network and \
     a port (`10.20.0.0/16:8080`, `[fd12:3456::/32]:8080`) or a host and a port (`tuphap.example.vn:8443`, `[::1]:8080`)"
)]
pub struct AllowedError {
    entry: String,
    cause: String,
}

impl Allowed {
    /// Whether this entry opens the address on the port, reached through `host`.
    pub(super) fn permits(&self, host: &str, ip: IpAddr, on_port: u16) -> bool {
        match self {
            Allowed::Network { network, port } => {
                network.contains(&ip) && port.is_none_or(|port| port == on_port)
            }
            Allowed::Name { name, port } => *port == on_port && same_name(name, host),
        }
    }

    /// Whether this entry could open an address behind `name` on the port.
    pub(super) fn concerns(&self, name: &str, on_port: u16) -> bool {
        match self {
            Allowed::Network { port, .. } => port.is_none_or(|port| port == on_port),
            Allowed::Name { name: own, port } => *port == on_port && same_name(own, name),
        }
    }

    /// The port that the entry is limited to.
    pub(super) fn port(&self) -> Option<u16> {
        match self {
            Allowed::Network { port, .. } => *port,
            Allowed::Name { port, .. } => Some(*port),
        }
    }
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(entry: &str) -> Result<Allowed, AllowedError> {
        parse(entry.trim()).map_err(|cause| AllowedError {
            entry: entry.chars().take(100).collect(),
            cause,
        })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allowed::Network {
                network,
                port: None,
            } => write!(formatter, "{network}"),
            Allowed::Network {
                network: network @ IpNet::V4(_),
                port: Some(port),
            } => {
                write!(formatter, "{network}:{port}")
            }
            Allowed::Network {
                network: network @ IpNet::V6(_),
                port: Some(port),
            } => {
                write!(formatter, "[{network}]:{port}")
            }
            Allowed::Name { name, port } => write!(formatter, "{name}:{port}"),
        }
    }
}

fn parse(entry: &str) -> Result<Allowed, String> {
    if let Ok(ip) = entry.parse::<IpAddr>() {
        return network(IpNet::from(ip), None);
    }
    if let Some((address, rest)) = entry.split_once('/') {
        // `[net]/len:port` and `[net/len]:port` are both written; inside a prefix length a colon can only begin a port.
        let address = address.trim_start_matches('[').trim_end_matches(']');
        let (length, port_text) = match rest.split_once(':') {
            Some((length, port)) => (length, Some(port)),
            None => (rest, None),
        };
        let length = length.trim_end_matches(']');
        let net = format!("{address}/{length}")
            .parse::<IpNet>()
            .map_err(|_| {
                "the network is not an IPv4 or IPv6 address with a prefix length".to_owned()
            })?;
        if net.addr() != net.network() {
            return Err(format!(
                "the network has bits set behind its prefix, did you mean {}",
                net.trunc()
            ));
        }
        return network(net, port_text.map(port).transpose()?);
    }
    let (host, port_text) = entry
        .rsplit_once(':')
        .ok_or_else(|| "the port is missing".to_owned())?;
    let port = port(port_text)?;
    match Host::parse(host).map_err(|_| "the host is not a name or an address".to_owned())? {
        Host::Ipv4(ip) => network(IpNet::from(IpAddr::from(ip)), Some(port)),
        Host::Ipv6(ip) => network(IpNet::from(IpAddr::from(ip)), Some(port)),
        Host::Domain(name) if is_plain_name(&name) => Ok(Allowed::Name {
            name: name.trim_end_matches('.').to_owned(),
            port,
        }),
        Host::Domain(_) => {
            Err("the host is not a plain name (no wildcard opens many hosts)".to_owned())
        }
    }
}

fn network(network: IpNet, port: Option<u16>) -> Result<Allowed, String> {
    match addresses::too_wide(&network) {
        Some(cause) => Err(format!("the network is too wide: {cause}")),
        None => Ok(Allowed::Network { network, port }),
    }
}

fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("the port is not a number from 1 to 65535".to_owned()),
        Ok(port) => Ok(port),
    }
}

fn is_plain_name(name: &str) -> bool {
    let dotless = name.trim_end_matches('.');
    !dotless.is_empty()
        && dotless
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// Names are equal without regard to case and to the dot of the root (`example.vn.`).
fn same_name(name: &str, host: &str) -> bool {
    name.eq_ignore_ascii_case(host.strip_suffix('.').unwrap_or(host))
}
