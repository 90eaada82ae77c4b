//! Who has sent a request: the other end of the connection, or whom a trusted proxy names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies one behind the other that are believed.
const MAX_HOPS: usize = 16;

/// The other end of the connection that a request came over; the server notes it in every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Who shares a bucket: an IPv4 address, or an IPv6 network of 64 bits, which one household or machine has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::web) enum Client {
    V4([u8; 4]),
    V6(u64),
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64;
                Self::V6(u64::try_from(network).unwrap_or_default())
            }
        }
    }
}

/// The address, or the network.
impl fmt::Display for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(octets) => Ipv4Addr::from(*octets).fmt(out),
            Self::V6(network) => {
                let network = Ipv6Addr::from(u128::from(*network) << 64);
                write!(out, "{network}/64")
            }
        }
    }
}

impl Client {
    /// The client of a request that came from `peer`. Every proxy notes at the end of `X-Forwarded-For` whom it got the request from;
    /// the word of one that is not trusted does not count, and neither does what stands before it.
    pub(in crate::web) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: IpAddr| {
            let address = address.to_canonical();
            trusted.iter().any(|net| net.contains(&address))
        };
        let hops = headers
            .get_all(FORWARDED_FOR)
            .into_iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .take(MAX_HOPS);
        let mut client = peer;
        for hop in hops {
            if !is_trusted(client) {
                break;
            }
            match address(hop.trim()) {
                Some(hop) => client = hop,
                None => break,
            }
        }
        client.into()
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let with_port = || text.parse::<SocketAddr>().map(|with_port| with_port.ip());
    let address = bare.unwrap_or(text).parse().or_else(|_| with_port());
    address.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["127.0.0.0/8", "::1/128", "10.0.0.0/24"].map(|net| net.parse().unwrap());
        for (peer, forwarded, client) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            // Anybody can write the field.
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:127.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            // The client wrote the first, the proxy the last.
            ("127.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            // A proxy behind a proxy.
            (
                "127.0.0.1",
                &["198.51.100.1, 203.0.113.9, 10.0.0.7"],
                "203.0.113.9",
            ),
            (
                "127.0.0.1",
                &["203.0.113.9, nonsense, 10.0.0.7"],
                "10.0.0.7",
            ),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("::1", &["[2001:db8:1:2::9]:443"], "2001:db8:1:2::"),
        ] {
            let headers = forwarded
                .iter()
                .map(|value| (FORWARDED_FOR, value.parse().unwrap()))
                .collect();
            let found = Client::of(peer.parse().unwrap(), &headers, &trusted);
            let expected = Client::from(client.parse::<IpAddr>().unwrap());
            assert_eq!(found, expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let client = |text: &str| Client::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    }
}
