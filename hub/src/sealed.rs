//! What has to be read again, unlike a password, and must not be read in the database or in a back-up of it: it is sealed with a key that
//! stands in a file beside it (ChaCha20-Poly1305, RFC 8439).

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use hub_repository::{Db, PersonId, StoreError, second_factors};
use rand::RngExt as _;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// What sealed texts begin with; the number changes with the way in which they are sealed.
const MARK: &str = "sealed-1:";

/// Bytes of a key.
const KEY: usize = 32;

/// Why there is no key, or something is not sealed or opened with it.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file with the key is not to be used.
    #[error(
        "the key file {path} cannot be used: {cause}; it holds 64 hexadecimal figures in its first line and only the hub's user may read it \
         (see secret-key-file)"
    )]
    File {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The text is sealed with another key, for something else, or damaged.
    #[error("it is sealed with another key, or damaged")]
    Foreign,
    /// The machine failed.
    #[error("it cannot be sealed")]
    Failed,
}

/// What seals. It is shown nowhere.
pub struct Key(LessSafeKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("…")
    }
}

impl Key {
    fn new(bytes: &[u8; KEY]) -> Option<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// The key of a file; none where there is no such file.
    fn read(path: &Path) -> Result<Option<Self>, SealError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(path, &error)),
        };
        warn_of_others(path);
        let line = text.lines().next().unwrap_or_default().trim();
        let mut bytes = [0; KEY];
        let key = hex::decode_to_slice(line, &mut bytes).ok();
        let key = key.and_then(|()| Self::new(&bytes));
        let wrong = || unusable(path, &"there is no key in it");
        key.ok_or_else(wrong).map(Some)
    }

    /// A new key in a new file.
    fn make(path: &Path) -> Result<Self, SealError> {
        let bytes: [u8; KEY] = rand::rng().random();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(path).and_then(|mut file: File| {
            file.write_all(format!("{}\n", hex::encode(bytes)).as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| unusable(path, &error))?;
        tracing::info!(
            path = %path.display(),
            "made the key that second factors are sealed with: it belongs into the back-up, apart from the database"
        );
        Self::new(&bytes).ok_or(SealError::Failed)
    }

    /// Seals a text of `owner`: for another's it does not open.
    pub(crate) fn seal(&self, owner: &str, text: &str) -> Result<String, SealError> {
        let nonce: [u8; NONCE_LEN] = rand::rng().random();
        let mut sealed = text.as_bytes().to_vec();
        let with = Nonce::assume_unique_for_key(nonce);
        let done = self
            .0
            .seal_in_place_append_tag(with, Aad::from(owner.as_bytes()), &mut sealed);
        done.map_err(|_| SealError::Failed)?;
        Ok(format!(
            "{MARK}{}{}",
            hex::encode(nonce),
            hex::encode(sealed)
        ))
    }

    /// What was sealed for `owner`.
    pub(crate) fn open(&self, owner: &str, sealed: &str) -> Result<String, SealError> {
        let bytes = sealed.strip_prefix(MARK).ok_or(SealError::Foreign)?;
        let mut bytes = hex::decode(bytes).map_err(|_| SealError::Foreign)?;
        let (nonce, text) = bytes
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(SealError::Foreign)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(owner.as_bytes()), text)
            .map_err(|_| SealError::Foreign)?;
        String::from_utf8(opened.to_vec()).map_err(|_| SealError::Foreign)
    }
}

/// Whose a second factor's secret is.
pub(crate) fn second_factor_of(person: PersonId) -> String {
    format!("second factor of person {person}")
}

/// The key of this file, made where nothing is sealed yet, with which everything is sealed from now on. None, and said in the log, where the key that
/// something is sealed with is not there: the hub serves all the same, and takes recovery codes.
pub(crate) async fn prepare(path: &Path, db: &Db) -> Result<Option<Key>, PrepareError> {
    let stored = db.run(second_factors::secrets).await?;
    let (sealed, open): (Vec<_>, Vec<_>) = stored
        .into_iter()
        .partition(|(_, secret)| secret.starts_with(MARK));
    let key = match Key::read(path)? {
        Some(key) => key,
        None if sealed.is_empty() => Key::make(path)?,
        None => {
            tracing::error!(
                path = %path.display(),
                "the key that second factors are sealed with is missing: put it back; until then nobody's authenticator is taken, and recovery codes are"
            );
            return Ok(None);
        }
    };
    let mut anew = Vec::new();
    for (person, secret) in open {
        let sealed = key.seal(&second_factor_of(person), &secret)?;
        anew.push((person, secret, sealed));
    }
    let foreign = sealed
        .iter()
        .filter(|(person, secret)| key.open(&second_factor_of(*person), secret).is_err());
    let foreign = foreign.count();
    if foreign > 0 {
        tracing::error!(
            path = %path.display(),
            people = foreign,
            "second factors are sealed with another key: all hubs on one database need the same; until then these people's recovery codes are taken only"
        );
    }
    db.run_writing(move |conn| {
        for (person, secret, sealed) in anew {
            second_factors::exchange(conn, person, &secret, &sealed)?;
        }
        Ok::<_, StoreError>(())
    })
    .await?;
    Ok(Some(key))
}

/// Why a hub does not start with the key.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The key is not to be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The repository does not answer.
    #[error(transparent)]
    Repository(#[from] StoreError),
}

/// Says in the log that others than the hub's user may read the key.
fn warn_of_others(path: &Path) {
    #[cfg(unix)]
    if let Ok(file) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
    {
        tracing::warn!(path = %path.display(), "others may read the key that second factors are sealed with: chmod 600");
    }
    #[cfg(not(unix))]
    let _ = path;
}

fn unusable(path: &Path, cause: &dyn std::fmt::Display) -> SealError {
    SealError::File {
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        assert!(Key::read(&path).unwrap().is_none());
        let key = Key::make(&path).unwrap();
        assert!(Key::make(&path).is_err(), "none is written over");
        let sealed = key.seal("lan", "bí mật").unwrap();
        assert!(sealed.starts_with(MARK) && !sealed.contains("bí mật"));
        assert_ne!(key.seal("lan", "bí mật").unwrap(), sealed);
        let again = Key::read(&path).unwrap().unwrap();
        assert_eq!(again.open("lan", &sealed).unwrap(), "bí mật");
        let other = Key::make(&folder.path().join("other.key")).unwrap();
        assert!(other.open("lan", &sealed).is_err());
        let cut = &sealed[..sealed.len() - 2];
        for (owner, text) in [
            ("minh", &*sealed),
            ("lan", cut),
            ("lan", "sealed-1:00"),
            ("lan", "x"),
        ] {
            assert!(key.open(owner, text).is_err(), "{owner} {text}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "\n").unwrap();
        let empty = Key::read(&path).unwrap_err().to_string();
        assert!(empty.contains("64 hexadecimal figures"), "{empty}");
    }
}
