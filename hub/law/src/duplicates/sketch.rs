//! An estimate of how much two texts share: `MinHash` of one permutation, 8 bits a slot.

use super::SHINGLE;

/// Slots of a sketch. The estimate of a Jaccard index J is off by √(J(1−J)/128), 0.04 at most.
const SLOTS: usize = 128;

/// To be raised whenever a text has another sketch: those that are stored are not comparable then.
const VERSION: u8 = 1;

/// Bytes of [`Sketch::to_bytes`].
const BYTES: usize = 1 + SLOTS + 4;

/// Some bytes that stand for a text. Two texts share as many slots as shingles (A. Broder, "On the
/// resemblance and containment of documents", 1997; one permutation with densification: A.
/// Shrivastava, 2017; b bits: P. Li, A. König, 2010).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch {
    slots: [u8; SLOTS],
    /// How many shingles the text has.
    shingles: u32,
}

impl Sketch {
    /// The sketch as it is stored: 133 bytes, the first of which says how it was made.
    pub fn to_bytes(&self) -> [u8; BYTES] {
        let mut bytes = [VERSION; BYTES];
        bytes[1..=SLOTS].copy_from_slice(&self.slots);
        bytes[1 + SLOTS..].copy_from_slice(&self.shingles.to_le_bytes());
        bytes
    }

    /// The sketch of stored bytes; `None` when an older version has made them, or nobody.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, bytes) = bytes.split_first()?;
        let (slots, shingles) = bytes.split_first_chunk::<SLOTS>()?;
        let shingles = u32::from_le_bytes(shingles.try_into().ok()?);
        (*version == VERSION).then_some(Self {
            slots: *slots,
            shingles,
        })
    }

    /// Estimated Jaccard index of both texts' shingles, from 0 to 1.
    pub fn resemblance(&self, other: &Self) -> f64 {
        // Slots of different shingles are equal by chance once in 256.
        const CHANCE: f64 = 1.0 / 256.0;
        if self.shingles == 0 || other.shingles == 0 {
            return 0.0;
        }
        let equal = self
            .slots
            .iter()
            .zip(&other.slots)
            .map(|(a, b)| u16::from(a == b))
            .sum::<u16>();
        let share = f64::from(equal) / 128.0;
        ((share - CHANCE) / (1.0 - CHANCE)).max(0.0)
    }

    /// Estimated share of the shorter text's shingles that stand in the longer one, from 0 to 1.
    pub fn containment(&self, other: &Self) -> f64 {
        let resemblance = self.resemblance(other);
        let both = f64::from(self.shingles) + f64::from(other.shingles);
        let shorter = f64::from(self.shingles.min(other.shingles).max(1));
        (resemblance / (1.0 + resemblance) * both / shorter).min(1.0)
    }
}

/// The least hash of each slot while a text is read.
pub(super) struct Slots {
    least: [u64; SLOTS],
    shingles: u32,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            least: [u64::MAX; SLOTS],
            shingles: 0,
        }
    }

    pub(super) fn add(&mut self, shingle: u64) {
        // The upper bits choose the slot; the slot's least is by the rest, moved up.
        let slot = usize::from(shingle.to_be_bytes()[0] >> 1);
        self.least[slot] = self.least[slot].min(shingle << 7);
        self.shingles = self.shingles.saturating_add(1);
    }

    pub(super) fn sketch(&self) -> Sketch {
        let mut slots = [0; SLOTS];
        if self.shingles > 0 {
            for (at, slot) in slots.iter_mut().enumerate() {
                *slot = mix(self.filled(at)).to_be_bytes()[7];
            }
        }
        Sketch {
            slots,
            shingles: self.shingles,
        }
    }

    /// The least of a slot, or of another that stands in for an empty one, the same in every text.
    fn filled(&self, slot: usize) -> u64 {
        let mut at = slot;
        let mut attempt = slot as u64;
        while self.least[at] == u64::MAX {
            attempt = mix(attempt.wrapping_add(0x9e37_79b9_7f4a_7c15));
            at = usize::from(attempt.to_be_bytes()[0] >> 1);
        }
        self.least[at]
    }
}

/// Hashes of every four words in a row.
pub(super) struct Shingles<'t> {
    rest: &'t [u8],
    words: [u64; SHINGLE],
    count: usize,
}

impl<'t> Shingles<'t> {
    /// Of a text in lower case.
    pub(super) fn new(normal: &'t str) -> Self {
        Self {
            rest: normal.as_bytes(),
            words: [0; SHINGLE],
            count: 0,
        }
    }

    fn word(&mut self) -> Option<u64> {
        let mut start = 0;
        loop {
            match separator(self.rest.get(start..)?) {
                Some(0) => break,
                Some(length) => start += length,
                None => return None,
            }
        }
        let mut end = start;
        while separator(&self.rest[end..]) == Some(0) {
            end += 1;
        }
        let word = &self.rest[start..end];
        self.rest = &self.rest[end..];
        Some(hash(word))
    }
}

impl Iterator for Shingles<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            let word = self.word()?;
            self.words.rotate_left(1);
            self.words[SHINGLE - 1] = word;
            self.count += 1;
            if self.count >= SHINGLE {
                let shingle = self.words.iter().fold(0_u64, |hash, word| {
                    hash.rotate_left(17).wrapping_mul(0x9fb2_1c65_1e98_df25) ^ word
                });
                return Some(mix(shingle));
            }
        }
    }
}

/// How many bytes at the beginning are no letter or figure; `None` at the end. Letters of other
/// scripts have no byte below 80.
fn separator(text: &[u8]) -> Option<usize> {
    Some(match text.first()? {
        byte if byte.is_ascii_alphanumeric() => 0,
        byte if byte.is_ascii() => 1,
        // Signs of Latin-1.
        0xc2 => text.len().min(2),
        // Quotation marks, dashes and other signs.
        0xe2 => text.len().min(3),
        _ => 0,
    })
}

fn hash(word: &[u8]) -> u64 {
    word.chunks(8).fold(word.len() as u64, |hash, chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        mix(hash ^ u64::from_le_bytes(bytes))
    })
}

/// The finaliser of `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014): every bit decides on all.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
