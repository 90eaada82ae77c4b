//! `X-Hub-Signature`: the HMAC of the exact bytes of a delivery (WebSub §7.1.1).

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderName;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// The header's name.
pub(super) const HEADER: &str = "x-hub-signature";

/// The same for a request.
pub(super) const HEADER_NAME: HeaderName = HeaderName::from_static(HEADER);

/// Why content is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untrue {
    #[error("nội dung được đẩy không có chữ ký (X-Hub-Signature)")]
    Missing,
    #[error("chữ ký của nội dung được đẩy dùng thuật toán lạ; cần sha256, sha384 hoặc sha512")]
    UnknownMethod,
    #[error("chữ ký của nội dung được đẩy không đúng")]
    Wrong,
}

/// The header's value for `body`: SHA-256, which every subscriber knows and nobody has broken.
pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    format!(
        "sha256={}",
        hex::encode(digest::<Hmac<Sha256>>(secret, body).finalize().into_bytes())
    )
}

/// Checks a header's value; the comparison takes the same time wherever the two differ.
pub(super) fn check(value: Option<&str>, secret: &str, body: &[u8]) -> Result<(), Untrue> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    let (method, signature) = value
        .ok_or(Untrue::Missing)?
        .split_once('=')
        .ok_or(Untrue::UnknownMethod)?;
    let signature = hex::decode(signature.trim()).map_err(|_| Untrue::Wrong);
    let verified = match method.trim().to_ascii_lowercase().as_str() {
        // Old, and the only one that many hubs speak. A key that nobody knows is not found by
        // collisions, which is all that is broken of it.
        "sha1" => digest::<Hmac<Sha1>>(secret, body).verify_slice(&signature?),
        "sha256" => digest::<Hmac<Sha256>>(secret, body).verify_slice(&signature?),
        "sha384" => digest::<Hmac<Sha384>>(secret, body).verify_slice(&signature?),
        "sha512" => digest::<Hmac<Sha512>>(secret, body).verify_slice(&signature?),
        _ => return Err(Untrue::UnknownMethod),
    };
    verified.map_err(|_| Untrue::Wrong)
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of every length (RFC 2104 §2)"
)]
fn digest<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, test case 2.
    const KEY: &str = "Jefe";
    const TEXT: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn signatures_are_those_of_the_standard() {
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(KEY, TEXT), format!("sha256={sha256}"));
        for value in [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79".to_owned(),
            format!("sha256={sha256}"),
            format!(" SHA256={} ", sha256.to_uppercase()),
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
             8e2240ca5e69e2c78b3239ecfab21649"
                .to_owned(),
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
                .to_owned(),
        ] {
            assert_eq!(check(Some(&value), KEY, TEXT), Ok(()), "{value}");
            assert_eq!(check(Some(&value), "jefe", TEXT), Err(Untrue::Wrong));
            assert_eq!(check(Some(&value), KEY, b"else"), Err(Untrue::Wrong));
        }
    }

    #[test]
    fn what_is_no_signature_is_not_believed() {
        let cut = "sha256=5bdcc146bf60754e6a042426089575c7";
        for (value, cause) in [
            (None, Untrue::Missing),
            (Some(""), Untrue::Missing),
            (Some("5bdcc146"), Untrue::UnknownMethod),
            (
                Some("md5=750c783e6ab0b503eaa86e310a5db738"),
                Untrue::UnknownMethod,
            ),
            (Some("none="), Untrue::UnknownMethod),
            (Some("sha256="), Untrue::Wrong),
            (Some("sha256=không"), Untrue::Wrong),
            (Some(cut), Untrue::Wrong),
        ] {
            assert_eq!(check(value, KEY, TEXT), Err(cause), "{value:?}");
        }
    }
}
