//! When a site's certificate ends (X.509, RFC 5280 §4.1): its webmaster is told before it does.

use chrono::{DateTime, NaiveDateTime, Utc};

/// ASN.1's tags (X.690 §8) of what stands before and at the time.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Until when a certificate in DER is valid; none where that cannot be read.
pub(super) fn valid_until(certificate: &[u8]) -> Option<DateTime<Utc>> {
    let (certificate, _) = value(certificate, SEQUENCE)?;
    let (mut rest, _) = value(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = value(rest, SEQUENCE)?;
    let (tag, time, _) = element(element(validity)?.2)?;
    let time = std::str::from_utf8(time).ok()?;
    // RFC 5280 §4.1.2.5: always with seconds and in UTC; two figures of a year are of 1950 to 2049.
    let time = match (tag, time.get(..2)) {
        (UTC_TIME, Some(year)) if year >= "50" => format!("19{time}"),
        (UTC_TIME, Some(_)) => format!("20{time}"),
        (GENERALIZED_TIME, Some(_)) => time.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&time, "%Y%m%d%H%M%SZ");
    time.ok().map(|time| time.and_utc())
}

/// The content of an element that must have this tag, and what follows it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, value, rest) = element(der)?;
    (found == tag).then_some((value, rest))
}

/// The tag and the content of the first element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], mut rest) = der.split_first_chunk()?;
    let mut length = usize::from(length);
    if length >= 0x80 {
        let bytes;
        (bytes, rest) = rest.split_at_checked(length - 0x80)?;
        if bytes.len() > 4 {
            return None;
        }
        length = bytes
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
    }
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    /// Certificates of `stp.example` that end before and after 2050, which is written in another way.
    const CERTIFICATES: [(&str, &str); 2] = [
        (
            "2027-01-27T04:21:29Z",
            "MIIBgDCCASegAwIBAgIUIuxK+whiPVmKv6belwSiby4XNhUwCgYIKoZIzj0EAwIwFjEUMBIGA1UEAwwLc3RwLmV4YW1wbGUw\
             HhcNMjYxMTI4MDQyMTI5WhcNMjcwMTI3MDQyMTI5WjAWMRQwEgYDVQQDDAtzdHAuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG\
             SM49AwEHA0IABPJwBlClioI6x9lUK5hLKicjIqVQtOgdB5/agZI7rymgB5T7PyVDzVzq5NxlBQSqoWn55Nn022Rj3E4oPYSh\
             msGjUzBRMB0GA1UdDgQWBBQMX3/YFIaoSxvBs1lp1CD7dcz3YjAfBgNVHSMEGDAWgBQMX3/YFIaoSxvBs1lp1CD7dcz3YjAP\
             BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIA1yxsHGhwNwTHmNht+anqp2ITTltXjubEFrwq6cMHBiAiB3oET1\
             xSbixt2m9yy6hDkDQafNovISHGTnwi6nDBMxmg==",
        ),
        (
            "2109-01-17T04:21:29Z",
            "MIIBgzCCASmgAwIBAgIUS4Hb5jR5PVa81+cWoR6Cb3p3RVIwCgYIKoZIzj0EAwIwFjEUMBIGA1UEAwwLc3RwLmV4YW1wbGUw\
             IBcNMjYxMTI4MDQyMTI5WhgPMjEwOTAxMTcwNDIxMjlaMBYxFDASBgNVBAMMC3N0cC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI\
             KoZIzj0DAQcDQgAEDZEhjDKpK0JXrgJiwZtPH3eczOf0HOUZNCT5wxQ1jSs2SZVrViQAbIpV0tRTEspnh+u03QwAQnjQrSft\
             fKGrZ6NTMFEwHQYDVR0OBBYEFFKkW9kHi2yzi17vFIQ+b+vcT1QVMB8GA1UdIwQYMBaAFFKkW9kHi2yzi17vFIQ+b+vcT1QV\
             MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJEVRgRvaI8nJI+cIyt8wzRwtxsNXKBc+Nj535/4JTNGAiAC\
             kqjmbdxE4Q8BzS1FS2aMcj5pxx8fxG7Fj3lHWtZMFw==",
        ),
    ];

    #[test]
    fn a_certificates_end_is_read() {
        for (until, certificate) in CERTIFICATES {
            let certificate = STANDARD.decode(certificate).unwrap();
            let until: DateTime<Utc> = until.parse().unwrap();
            assert_eq!(valid_until(&certificate), Some(until));
            for end in 0..100 {
                assert_eq!(valid_until(&certificate[..end]), None, "{end}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_no_certificate_does_no_harm(at in 0_usize..200, byte in any::<u8>()) {
            let mut certificate = STANDARD.decode(CERTIFICATES[0].1).unwrap();
            certificate[at] = byte;
            let _ = valid_until(&certificate);
        }
    }
}
