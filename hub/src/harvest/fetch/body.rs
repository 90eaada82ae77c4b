//! Reading the body of an answer: decompressed while it arrives, and never more than the limit.

mod room;
mod zstd;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use room::Growing;
pub use room::Room;
pub(super) use room::Rooms;

use super::error::{classify, shorten};
use super::{FetchError, Limits};

/// Room for the next part of a body.
const MORE: usize = 16 * 1024;

/// A body that was read to its end.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) room: Room,
    /// SHA-256 in hexadecimal.
    pub(super) hash: String,
    /// Bytes before decompression.
    pub(super) wire_bytes: u64,
}

/// What a body is known by: its SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Reads the body to its end; a body that breaks off, lies about its encoding or passes the limit is an error.
pub(super) async fn receive(
    response: Response,
    limits: &Limits,
    rooms: &Rooms,
) -> Result<Received, FetchError> {
    let limit = limits.body_bytes;
    let encoding = Encoding::of(response.headers())?;
    let announced = response.content_length();
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(FetchError::TooLarge { limit });
    }
    let capacity = match encoding {
        Encoding::Identity => announced
            .and_then(|length| usize::try_from(length).ok())
            .map_or(0, |length| length.min(room::FREE)),
        _ => 0,
    };

    // Compressed bytes that unpack to nothing would never meet the limit behind the decoder.
    let wire_bytes = AtomicU64::new(0);
    let stream = response
        .bytes_stream()
        .map_err(io::Error::other)
        .and_then(|chunk| {
            let before = wire_bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            let within = before + chunk.len() as u64 <= limit as u64;
            std::future::ready(if within {
                Ok(chunk)
            } else {
                Err(io::Error::other(WireLimit))
            })
        });
    let mut wire = std::pin::pin!(StreamReader::new(stream));
    let mut room = Growing::default();
    let mut into = Into {
        rooms,
        room: &mut room,
        limit,
    };
    let read = match encoding {
        Encoding::Identity => read(wire, capacity, &mut into).await,
        Encoding::Gzip => {
            let mut decoder = GzipDecoder::new(wire);
            decoder.multiple_members(true);
            read(decoder, capacity, &mut into).await
        }
        Encoding::Brotli => read(BrotliDecoder::new(wire), capacity, &mut into).await,
        Encoding::Zstd => match read(wire, capacity, &mut into).await {
            Ok(packed) => zstd::unpack(&packed, &mut into).await,
            Err(error) => Err(error),
        },
        Encoding::Deflate => match wire.fill_buf().await.map(|start| start.first().copied()) {
            // RFC 9110 §8.4.1.2 means zlib, some servers send the bare stream. A zlib header has method 8 in its low
            // bits; a bare stream would have to begin with a stored block with dirty padding to look the same.
            Ok(Some(first)) if first & 0x0f != 8 => {
                read(DeflateDecoder::new(wire), capacity, &mut into).await
            }
            Ok(_) => read(ZlibDecoder::new(wire), capacity, &mut into).await,
            Err(error) => Err(ReadError::Io(error)),
        },
    };
    let bytes = read.map_err(|error| match error {
        ReadError::TooLarge => FetchError::TooLarge { limit },
        ReadError::NoRoom => FetchError::NoRoom,
        ReadError::Io(error) => explain(&error, encoding, limits),
    })?;
    Ok(Received {
        hash: hash(&bytes),
        bytes: bytes.into(),
        room: room.into(),
        wire_bytes: wire_bytes.into_inner(),
    })
}

/// Reads what somebody sends by himself, uncompressed, to its end and within the same room as what is fetched.
pub(super) async fn collect(
    source: impl AsyncRead,
    limits: &Limits,
    rooms: &Rooms,
) -> Result<(Bytes, Room), FetchError> {
    let limit = limits.body_bytes;
    let mut room = Growing::default();
    let mut into = Into {
        rooms,
        room: &mut room,
        limit,
    };
    let bytes = read(source, 0, &mut into)
        .await
        .map_err(|error| match error {
            ReadError::TooLarge => FetchError::TooLarge { limit },
            ReadError::NoRoom => FetchError::NoRoom,
            ReadError::Io(error) => explain(&error, Encoding::Identity, limits),
        })?;
    Ok((bytes.into(), room.into()))
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

enum ReadError {
    TooLarge,
    NoRoom,
    Io(io::Error),
}

/// More bytes came over the wire than a body may have.
#[derive(Debug, thiserror::Error)]
#[error("too many bytes")]
struct WireLimit;

impl Encoding {
    /// The one encoding that the headers name (RFC 9110 §8.4).
    fn of(headers: &HeaderMap) -> Result<Encoding, FetchError> {
        let mut named = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            let value = value.to_str().map_err(|_| FetchError::Encoding {
                cause: "Content-Encoding: ?".to_owned(),
            })?;
            let each = value
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase());
            named.extend(each.filter(|name| !name.is_empty() && name != "identity"));
        }
        match named.join(", ").as_str() {
            "" => Ok(Encoding::Identity),
            "gzip" | "x-gzip" => Ok(Encoding::Gzip),
            "br" => Ok(Encoding::Brotli),
            "zstd" => Ok(Encoding::Zstd),
            "deflate" => Ok(Encoding::Deflate),
            // Unknown, or compressed several times.
            other => Err(FetchError::Encoding {
                cause: shorten(&format!("Content-Encoding: {other}")),
            }),
        }
    }
}

/// Where a body goes as it grows.
struct Into<'a> {
    rooms: &'a Rooms,
    room: &'a mut Growing,
    limit: usize,
}

impl Into<'_> {
    /// Lets a body be as long as `length` bytes, when there is room for it.
    async fn grow(&mut self, length: usize) -> Result<(), ReadError> {
        if length > self.limit {
            return Err(ReadError::TooLarge);
        }
        self.rooms
            .enter(self.room, length)
            .await
            .map_err(|_| ReadError::NoRoom)
    }
}

async fn read(
    source: impl AsyncRead,
    capacity: usize,
    into: &mut Into<'_>,
) -> Result<Vec<u8>, ReadError> {
    let mut source = std::pin::pin!(source);
    let mut bytes = Vec::with_capacity(capacity);
    loop {
        if bytes.len() == bytes.capacity() {
            // Twice as much, as a vector does by itself, but never more than can be needed.
            let left = into.limit.saturating_sub(bytes.len()) + 1;
            bytes.reserve_exact(bytes.len().max(MORE).min(left));
        }
        if source.read_buf(&mut bytes).await.map_err(ReadError::Io)? == 0 {
            bytes.shrink_to_fit();
            return Ok(bytes);
        }
        into.grow(bytes.len()).await?;
        // A well compressed chunk keeps the decoder busy without waiting; other fetches get their turn.
        tokio::task::coop::consume_budget().await;
    }
}

fn explain(error: &io::Error, encoding: Encoding, limits: &Limits) -> FetchError {
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<reqwest::Error>() {
            return classify(error, limits);
        }
        if inner.is::<WireLimit>() {
            return FetchError::TooLarge {
                limit: limits.body_bytes,
            };
        }
    }
    let cause = shorten(error);
    match encoding {
        Encoding::Identity => FetchError::Protocol { cause },
        Encoding::Gzip | Encoding::Brotli | Encoding::Zstd | Encoding::Deflate => {
            FetchError::Encoding { cause }
        }
    }
}
