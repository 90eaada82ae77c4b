//! Unpacking zstd (RFC 8878). The decoder pulls its input and cannot wait for the network, so it works on a body that
//! has arrived, step by step under the limit.

use std::io::{self, Read};

use ruzstd::decoding::StreamingDecoder;

use super::{Into, ReadError};

/// What a frame may ask the decoder to remember. More is not meant for the web (RFC 9659 §3).
const LARGEST_WINDOW: u64 = 8 * 1024 * 1024;

/// What is unpacked between two looks at the limit, and before other fetches get their turn.
const STEP: usize = 64 * 1024;

/// The content of all frames in `packed`.
pub(super) async fn unpack(mut packed: &[u8], into: &mut Into<'_>) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut step = vec![0; STEP];
    while !packed.is_empty() {
        let mut frame = StreamingDecoder::new_with_max_window_size(packed, LARGEST_WINDOW)
            .map_err(|error| ReadError::Io(io::Error::other(error)))?;
        loop {
            let length = frame.read(&mut step).map_err(ReadError::Io)?;
            if length == 0 {
                break;
            }
            bytes.extend_from_slice(&step[..length]);
            into.grow(bytes.len()).await?;
            tokio::task::coop::consume_budget().await;
        }
        let stated = frame.decoder.get_checksum_from_data();
        if stated.is_some() && stated != frame.decoder.get_calculated_checksum() {
            return Err(ReadError::Io(io::Error::other("the checksum is wrong")));
        }
        packed = frame.into_inner();
    }
    Ok(bytes)
}
