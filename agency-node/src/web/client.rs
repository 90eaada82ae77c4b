//! Whom a request comes from, as far as limits are concerned.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// The address of the client, of which an IPv6 one keeps its first 64 bits: whoever has one has
/// them all.
///
/// A proxy on this machine says for whom it asks, and nobody else is believed. Only the last address
/// counts: it is the proxy's own, those before it are what the client claimed.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|list| list.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|address| address.trim().parse::<IpAddr>().ok());
    let client = forwarded
        .filter(|_| peer.is_loopback())
        .map_or(peer, |forwarded| forwarded.to_canonical());
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_cannot_choose_its_address() {
        for (peer, forwarded, client) in [
            ("192.0.2.1", &[][..], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (
                "127.0.0.1",
                &["203.0.113.9", "198.51.100.7"],
                "198.51.100.7",
            ),
            ("127.0.0.1", &["198.51.100.7, who knows"], "127.0.0.1"),
            ("127.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::"),
            ("2001:db8:1:2::9", &[], "2001:db8:1:2::"),
        ] {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            assert_eq!(
                of(peer.parse().unwrap(), &headers).to_string(),
                client,
                "{peer} {forwarded:?}"
            );
        }
    }
}
