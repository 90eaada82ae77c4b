//! One-time passwords from a telephone (TOTP, RFC 6238): six figures that change every half minute.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt;
use sha1::Sha1;

/// Seconds for which a code is shown.
const STEP: i64 = 30;

/// Codes of so many steps before and after are taken too: clocks differ, and people type.
const SKEW: i64 = 1;

/// RFC 4648 §6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret for an authenticator: 160 random bits (RFC 4226 §4), in base 32 as people type them.
pub fn secret() -> String {
    let mut random = rand::rng();
    (0..32)
        .map(|_| char::from(BASE32[random.random_range(0..BASE32.len())]))
        .collect()
}

/// What a QR code tells an authenticator. `issuer` and `account` are what it shows.
pub fn uri(secret: &str, issuer: &str, account: &str) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
}

/// The step whose code it is, of those about the moment (seconds since 1970); none when it is wrong. A step is to be taken once, and none
/// before one that was taken (RFC 6238 §5.2).
pub fn step_of(secret: &str, code: &str, seconds: i64) -> Option<i64> {
    let typed: String = code
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let now = seconds / STEP;
    // All are looked at, so that the time does not tell which it was.
    let mut found = None;
    for step in now - SKEW..=now + SKEW {
        if code_of(secret, step).is_some_and(|right| crate::same(&right, &typed)) {
            found = Some(step);
        }
    }
    found
}

/// The code of a step; none where the secret is none.
pub fn code_of(secret: &str, step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(&decode(secret)?).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    // RFC 4226 §5.3.
    let offset = usize::from(hash[hash.len() - 1] & 0xf);
    let four = hash.get(offset..offset + 4)?;
    let number = four
        .iter()
        .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    Some(format!("{:06}", (number & 0x7fff_ffff) % 1_000_000))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    (bytes.len() >= 16).then_some(bytes)
}

fn escaped(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `12345678901234567890`, the secret of RFC 6238's appendix B.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(SECRET, seconds / STEP).as_deref(), Some(code));
            let spaced = format!(" {} {}", &code[..3], &code[3..]);
            assert_eq!(step_of(SECRET, &spaced, seconds), Some(seconds / STEP));
            assert!(step_of(SECRET, code, seconds + STEP).is_some());
            assert_eq!(step_of(SECRET, code, seconds + 2 * STEP + 1), None);
        }
        for wrong in ["", "287083", "28708", "2870822", "mật mã"] {
            assert_eq!(step_of(SECRET, wrong, 59), None, "{wrong}");
        }
        for wrong in ["", "GEZDG", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq"] {
            assert_eq!(code_of(wrong, 1), None, "{wrong}");
        }
    }

    #[test]
    fn an_authenticator_is_told_secret_and_names() {
        let secret = secret();
        assert_eq!(decode(&secret).unwrap().len(), 20);
        let uri = uri(SECRET, "Pháp luật", "lan@tinh.vn");
        assert_eq!(
            uri,
            format!(
                "otpauth://totp/Ph%C3%A1p%20lu%E1%BA%ADt:lan@tinh.vn?secret={SECRET}&issuer=Ph%C3%A1p%20lu%E1%BA%ADt"
            )
        );
    }
}
