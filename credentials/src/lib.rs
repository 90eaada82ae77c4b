//! Passwords (argon2id) and random secrets: what the hub and the agency nodes know their people by.

#![warn(missing_docs)]

pub mod totp;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::RngExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Fewest characters of a password: length is what resists guessing.
pub const SHORTEST: usize = 10;
/// Most bytes of a password; more is somebody making the hash work.
pub const LONGEST: usize = 200;

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error(
        "a password needs at least {SHORTEST} characters; a few unrelated words make a good one"
    )]
    TooShort,
    /// Too long.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    /// The machine failed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

/// The PHC string of an acceptable password. Takes tens of milliseconds.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Hash(error.to_string()))
}

/// Whether the password is the one of `hash`. Without a hash it works as long and says no, so that
/// nobody learns from the time which names exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    // Of a password that nobody knows, with the parameters of `hash`.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bG9hLWFnZW5jeS1ub2Rl\
                          $gHmLdpI7cYF2nJo5y8sQ4RkR0c2xvYVx1uWkVtqzB1M";
    let known = hash.is_some();
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else {
        return false;
    };
    password.len() <= LONGEST
        && Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
        && known
}

/// A password to hand out: 20 letters and digits in groups, about 100 bits.
pub fn generate() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut random = rand::rng();
    (0..4)
        .map(|_| {
            (0..5)
                .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
                .collect::<String>()
        })
        .collect::<Vec<_>>()
        .join("-")
}

/// 256 random bits as text.
pub fn token() -> String {
    hex::encode(rand::rng().random::<[u8; 32]>())
}

/// A secret of `purpose` made from `token`, from which the token can't be found.
pub fn derive(purpose: &str, token: &str) -> String {
    hex::encode(
        Sha256::new()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(token)
            .finalize(),
    )
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_only() {
        let hashed = hash("bốn từ không liên quan").unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify("bốn từ không liên quan", Some(&hashed)));
        assert!(!verify("bốn từ có liên quan", Some(&hashed)));
        assert!(!verify("bốn từ không liên quan", None));
        assert!(matches!(hash("ngắn"), Err(PasswordError::TooShort)));
    }

    #[test]
    fn an_unknown_name_costs_a_real_hash() {
        assert!(
            PasswordHash::new(
                "$argon2id$v=19$m=19456,t=2,p=1$bG9hLWFnZW5jeS1ub2Rl\
             $gHmLdpI7cYF2nJo5y8sQ4RkR0c2xvYVx1uWkVtqzB1M"
            )
            .is_ok()
        );
    }
}
