//! A rendered answer: its bytes as they stand and compressed, and the tags that name them.

use std::io::Write as _;

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::{Shows, long_date};

/// Smaller bodies than this are not worth compressing.
const WORTH_COMPRESSING: usize = 600;

/// Larger ones would hold up their first asker: gzip serves.
const WORTH_BROTLI: usize = 1 << 20;

/// Of gzip, and of brotli for what is made while somebody waits and for what is made once: `docs/measurements.md` has the
/// bytes and the time of each.
const GZIP: u32 = 6;
const BROTLI: i32 = 5;
const BROTLI_BEST: i32 = 11;

/// What an address answers.
#[derive(Debug, Clone)]
pub struct Document {
    pub content_type: &'static str,
    pub plain: Bytes,
    /// Where compressing pays.
    pub gzip: Option<Bytes>,
    /// Where compressing pays and more than one will ask.
    pub brotli: Option<Bytes>,
    /// The strong entity tag of `plain`, quoted (RFC 9110 §8.8.3).
    pub etag: String,
    /// The compressed bytes are other bytes, so they have other tags.
    pub gzip_etag: String,
    pub brotli_etag: String,
    pub last_modified: Option<LastModified>,
    /// While nothing of it changes, making it again would make the same.
    pub shows: Shows,
    /// When it was made, if it cannot be made anew now: the last good one stands in for what is not to be had.
    pub last_good: Option<DateTime<Utc>>,
}

/// A whole second after which a document has not changed; counts once it has come.
#[derive(Debug, Clone)]
pub struct LastModified {
    pub at: DateTime<Utc>,
    /// As a header has it (RFC 9110 §5.6.7).
    pub text: String,
}

impl Document {
    /// Compresses and tags `body`: work for a thread that may block.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let plain = body.into();
        let hash = hex::encode(&Sha256::digest(&plain)[..12]);
        Self {
            content_type,
            gzip: (plain.len() >= WORTH_COMPRESSING).then(|| gzip(&plain)),
            brotli: None,
            plain,
            etag: format!("\"{hash}\""),
            gzip_etag: format!("\"{hash}-gz\""),
            brotli_etag: format!("\"{hash}-br\""),
            last_modified: None,
            shows: Shows::Everything,
            last_good: None,
        }
    }

    /// A document that never changes: as small as can be.
    pub fn fixed(content_type: &'static str, body: &'static str) -> Self {
        Self::new(content_type, body).with_brotli(BROTLI_BEST)
    }

    /// The same for many askers: compressed with brotli too. Work for a thread that may block.
    #[must_use]
    pub fn for_many(self) -> Self {
        self.with_brotli(BROTLI)
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
        self.last_modified = Some(LastModified {
            at,
            text: http_date(at),
        });
        self
    }

    /// The same as what was good last, made at that time. A page says so to people.
    #[must_use]
    pub fn as_last_good(&self, made: DateTime<Utc>) -> Self {
        let mut document = self.clone();
        if let Some(told) = with_notice(&self.plain, self.content_type, made) {
            document = Self {
                plain: told.into(),
                gzip: None,
                brotli: None,
                etag: self.etag.replacen('"', "\"old-", 1),
                last_modified: None,
                ..document
            };
        }
        document.last_good = Some(made);
        document
    }

    /// Bytes in all encodings.
    pub fn size(&self) -> usize {
        let compressed = [&self.gzip, &self.brotli].into_iter().flatten();
        self.plain.len() + compressed.map(Bytes::len).sum::<usize>()
    }

    fn with_brotli(mut self, quality: i32) -> Self {
        let worth = WORTH_COMPRESSING..=WORTH_BROTLI;
        if worth.contains(&self.plain.len()) {
            let gzip = self.gzip.as_ref().map_or(usize::MAX, Bytes::len);
            self.brotli = brotli(&self.plain, quality).filter(|brotli| brotli.len() < gzip);
        }
        self
    }
}

fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// An HTML page that says since when it stands; none for anything else.
fn with_notice(page: &[u8], content_type: &str, made: DateTime<Utc>) -> Option<String> {
    let page = str::from_utf8(page).ok()?;
    if !content_type.starts_with("text/html") {
        return None;
    }
    let tag = page.find("<main").or_else(|| page.find("<body"))?;
    let at = tag + page[tag..].find('>')? + 1;
    let notice = format!(
        "\n<p class=\"last-good\" role=\"status\">Hệ thống đang gặp sự cố. Đây là bản lưu lúc {}, có thể chưa có tin mới nhất.</p>",
        long_date(made)
    );
    Some([&page[..at], &notice, &page[at..]].concat())
}

fn gzip(plain: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::new(GZIP));
    // Writing into memory does not fail; should it ever, the plain bytes are still right.
    match encoder.write_all(plain).and_then(|()| encoder.finish()) {
        Ok(compressed) => compressed.into(),
        Err(_) => plain.clone(),
    }
}

/// Writing into memory does not fail; should it ever, the other encodings serve.
fn brotli(plain: &Bytes, quality: i32) -> Option<Bytes> {
    let parameters = BrotliEncoderParams {
        quality,
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::with_capacity(plain.len() / 4);
    brotli::BrotliCompress(&mut &plain[..], &mut compressed, &parameters).ok()?;
    Some(compressed.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_holds_the_same_and_has_its_own_tag() {
        let text = "Luật Đất đai năm 2024 ".repeat(100);
        let document = Document::new("text/plain", text.clone()).for_many();
        let mut unzipped = String::new();
        let gzip = document.gzip.as_ref().unwrap();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut unzipped)
            .unwrap();
        assert_eq!(unzipped, text);
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &document.brotli.as_ref().unwrap()[..], &mut plain).unwrap();
        assert_eq!(plain, text.as_bytes());
        let tags = [
            &document.etag,
            &document.gzip_etag,
            &document.brotli_etag,
            &document.as_last_good(Utc::now()).etag,
        ];
        assert!(
            tags.iter()
                .all(|tag| tag.starts_with('"') && tag.ends_with('"'))
        );
        assert_eq!(tags[0], tags[3], "no page, so the same bytes");
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
    }

    #[test]
    fn a_last_good_page_says_since_when_it_stands_and_data_stay_as_they_are() {
        let made = DateTime::from_timestamp(1_763_860_000, 0).unwrap();
        let page =
            "<!doctype html><html><body><a>x</a><main id=\"a\"><h1>Tin</h1></main></body></html>";
        let page = Document::new("text/html; charset=utf-8", page);
        let old = page.as_last_good(made);
        let text = str::from_utf8(&old.plain).unwrap();
        assert!(
            text.contains("<main id=\"a\">\n<p class=\"last-good\" role=\"status\">")
                && text.contains("08:06 ngày 23/11/2025"),
            "{text}"
        );
        assert_ne!(old.etag, page.etag);
        let data = Document::new("application/json", "{\"html\":\"<main>\"}");
        let old = data.as_last_good(made);
        assert_eq!((&old.plain, &old.etag), (&data.plain, &data.etag));
        assert_eq!(old.last_good, Some(made));
    }
}
