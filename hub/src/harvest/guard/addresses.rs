//! Which addresses are not on the public internet: the special-purpose registries of IANA (RFC 6890 and successors).

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv6Net};

/// The ranges that are refused, narrower ones before those that contain them, so that the message names the right one.
const SPECIAL_USE: &[(&str, &str)] = &[
    // RFC 6890 and the IANA IPv4 special-purpose registry.
    ("0.0.0.0/32", "the unspecified address"),
    ("0.0.0.0/8", "an address of \"this network\""),
    ("10.0.0.0/8", "a private address"),
    (
        "100.64.0.0/10",
        "an address of a carrier's internal network",
    ),
    ("127.0.0.0/8", "the hub's own machine (loopback)"),
    ("169.254.169.254/32", "a cloud's metadata service"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "a documentation address"),
    ("192.31.196.0/24", "a reserved address"),
    ("192.52.193.0/24", "a reserved address"),
    ("192.88.99.0/24", "a 6to4 relay address"),
    ("192.168.0.0/16", "a private address"),
    ("192.175.48.0/24", "a reserved address"),
    ("198.18.0.0/15", "a benchmarking address"),
    ("198.51.100.0/24", "a documentation address"),
    ("203.0.113.0/24", "a documentation address"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the broadcast address"),
    ("240.0.0.0/4", "a reserved address"),
    // A public address that one cloud answers from inside each virtual machine.
    ("168.63.129.16/32", "a cloud's metadata service"),
    // The IANA IPv6 special-purpose registry. What is outside 2000::/3 is refused as a whole; these give it a name.
    ("::/128", "the unspecified address"),
    ("::1/128", "the hub's own machine (loopback)"),
    ("::ffff:0:0/96", "an IPv4 address mapped into IPv6"),
    ("::ffff:0:0:0/96", "an IPv4 address translated into IPv6"),
    ("::/96", "an IPv4 address inside IPv6"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
    ("100::/64", "a discarded address"),
    ("2001::/32", "a Teredo tunnel address"),
    ("2001:2::/48", "a benchmarking address"),
    ("2001::/23", "a reserved address"),
    ("2001:db8::/32", "a documentation address"),
    ("2002::/16", "a 6to4 tunnel address"),
    ("2620:4f:8000::/48", "a reserved address"),
    ("3fff::/20", "a documentation address"),
    ("fd00:ec2::254/128", "a cloud's metadata service"),
    ("fd20:ce::254/128", "a cloud's metadata service"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a site-local address"),
    ("ff00::/8", "a multicast address"),
];

/// Ranges whose addresses carry an IPv4 address inside: who may use one of them may reach any IPv4 address.
const IPV4_INSIDE: &[&str] = &[
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2001::/32",
    "2002::/16",
];

static SPECIAL_NETWORKS: LazyLock<Vec<(IpNet, &str)>> = LazyLock::new(|| {
    SPECIAL_USE
        .iter()
        .filter_map(|(text, what)| Some((text.parse().ok()?, *what)))
        .collect()
});

static IPV4_INSIDE_NETWORKS: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    IPV4_INSIDE
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect()
});

/// What makes `ip` unfit for a public site, in words; nothing for an ordinary public address.
pub(super) fn special_use(ip: IpAddr) -> Option<&'static str> {
    let named = SPECIAL_NETWORKS
        .iter()
        .find(|(network, _)| network.contains(&ip));
    match (named, ip) {
        (Some((_, what)), _) => Some(what),
        // Only 2000::/3 is given out as global unicast (RFC 4291 §2.4 and the IANA address space registry).
        (None, IpAddr::V6(address)) if address.segments()[0] & 0xe000 != 0x2000 => {
            Some("a reserved address")
        }
        (None, _) => None,
    }
}

/// Why `network` is too wide for the allow-list, in words.
pub(super) fn too_wide(network: &IpNet) -> Option<&'static str> {
    match network {
        IpNet::V4(network) if network.prefix_len() < 8 => Some("an IPv4 network has /8 or more"),
        IpNet::V6(network) if network.prefix_len() < shortest_v6_prefix(network) => {
            Some("an IPv6 network has /32 or more, inside fc00::/7 /8 or more")
        }
        _ if carries_ipv4(network) && network.prefix_len() < network.max_prefix_len() => Some(
            "this range carries IPv4 addresses inside and would open all of them; name single addresses",
        ),
        _ => None,
    }
}

fn shortest_v6_prefix(network: &Ipv6Net) -> u8 {
    if network.addr().is_unique_local() {
        8
    } else {
        32
    }
}

fn carries_ipv4(network: &IpNet) -> bool {
    IPV4_INSIDE_NETWORKS
        .iter()
        .any(|inside| inside.contains(network) || network.contains(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_the_tables_is_read() {
        assert_eq!(SPECIAL_NETWORKS.len(), SPECIAL_USE.len());
        assert_eq!(IPV4_INSIDE_NETWORKS.len(), IPV4_INSIDE.len());
    }

    #[test]
    fn first_and_last_address_of_every_range_are_special() {
        for (network, _) in SPECIAL_NETWORKS.iter() {
            assert!(special_use(network.network()).is_some(), "{network}: first");
            assert!(
                special_use(network.broadcast()).is_some(),
                "{network}: last"
            );
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for ip in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700::1111",
        ] {
            assert_eq!(special_use(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn what_no_registry_gives_out_is_special() {
        for ip in [
            "1::1", "200::1", "400::", "4000::1", "5f00::1", "8000::1", "e000::1", "fe00::1",
        ] {
            assert_eq!(
                special_use(ip.parse().unwrap()),
                Some("a reserved address"),
                "{ip}"
            );
        }
    }
}
