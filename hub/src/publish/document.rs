//! A rendered answer: its bytes as they stand and compressed, and the tags that name them.

use std::io::Write as _;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::Shows;

/// Smaller bodies than this are not worth compressing.
const WORTH_COMPRESSING: usize = 600;

/// What an address answers at one revision.
#[derive(Debug, Clone)]
pub struct Document {
    pub content_type: &'static str,
    pub plain: Bytes,
    /// Where compressing pays.
    pub gzip: Option<Bytes>,
    /// The strong entity tag of `plain`, quoted (RFC 9110 §8.8.3).
    pub etag: String,
    /// The compressed bytes are other bytes, so they have another tag.
    pub gzip_etag: String,
    /// A whole second; counts once it has come.
    pub last_modified: Option<DateTime<Utc>>,
    /// While nothing of it changes, making it again would make the same.
    pub shows: Shows,
}

impl Document {
    /// Compresses and tags `body`: work for a thread that may block.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let plain = body.into();
        let hash = hex::encode(&Sha256::digest(&plain)[..12]);
        Self {
            content_type,
            gzip: (plain.len() >= WORTH_COMPRESSING).then(|| gzip(&plain)),
            plain,
            etag: format!("\"{hash}\""),
            gzip_etag: format!("\"{hash}-gz\""),
            last_modified: None,
            shows: Shows::Everything,
        }
    }

    /// The same, said to show no more than that.
    #[must_use]
    pub fn showing(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    /// The same, with a time after which its content has not changed.
    #[must_use]
    pub fn modified_at(mut self, at: DateTime<Utc>) -> Self {
        self.last_modified = Some(at);
        self
    }
}

fn gzip(plain: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::new(6));
    // Writing into memory does not fail; should it ever, the plain bytes are still right.
    match encoder.write_all(plain).and_then(|()| encoder.finish()) {
        Ok(compressed) => compressed.into(),
        Err(_) => plain.clone(),
    }
}
