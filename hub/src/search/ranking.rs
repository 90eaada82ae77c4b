//! How relevance is reckoned: the weights, and the part of BM25F (Robertson and Zaragoza, 2009)
//! that depends on one word.

/// Where a word may stand, in the order of [`super::schema::Fields::searched`].
pub(super) const PLACES: usize = 4;

/// What an occurrence counts by where it stands: title, keywords, summary, body.
pub(super) const PLACE_WEIGHTS: [f32; PLACES] = [4.0, 2.0, 1.5, 1.0];
/// How much a long text takes from the weight of its words, by place: 0 nothing, 1 in full.
pub(super) const LENGTH: [f32; PLACES] = [0.5, 0.3, 0.5, 0.7];
/// How soon further occurrences stop to count.
pub(super) const SATURATION: f32 = 1.2;

/// A word of which only the letters agree where its marks were typed.
pub(super) const OTHER_MARKS: f32 = 0.5;
/// Neighbours that stand together in the text too.
pub(super) const PAIR: f32 = 1.0;
/// What a word that says little counts.
pub(super) const LIGHT: f32 = 0.3;
/// A document number, whole.
pub(super) const NUMBER: f32 = 3.0;
/// `168/2024` where `168/2024/NĐ-CP` was typed.
pub(super) const NUMBER_BEGINNING: f32 = 0.5;
/// What the weaker of two names of one thing adds where both stand.
pub(super) const BOTH_NAMES: f32 = 0.3;
/// The part of another name's neighbours that must stand in a text.
pub(super) const NAME_PART: f32 = 0.6;

/// The part of a query's information that an entry must hold.
pub(super) const COVERAGE: f32 = 0.5;
/// Of a query of two words it must hold nearly all.
pub(super) const SHORT_COVERAGE: f32 = 0.75;
/// A query with this many neighbours is a question; an entry must hold one of them together. Single
/// syllables are too common in Vietnamese to say anything.
pub(super) const PAIRS_OF_A_QUESTION: usize = 3;

/// What an entry of today gains over one of long ago.
const FRESHNESS: f32 = 0.15;
/// After this many microseconds half of the gain is lost: one year.
const HALF_LIFE: f32 = 365.0 * 86_400.0 * 1e6;

/// How much it says that a word occurs which stands in `holding` of `all` entries.
#[expect(
    clippy::cast_precision_loss,
    reason = "a logarithm needs no more digits"
)]
pub(super) fn information(holding: u64, all: u64) -> f32 {
    let (holding, all) = (holding.min(all) as f32, all as f32);
    (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
}

/// What occurrences count, from 0 to 1; `frequency` is weighed by place and length.
pub(super) fn saturated(frequency: f32) -> f32 {
    frequency / (SATURATION + frequency)
}

/// What an entry counts by its kind: who searches wants an answer or a rule rather than the report of a meeting about it.
pub(super) fn kind_weight(kind: &str) -> f32 {
    match kind {
        "qa" => 1.15,
        "situation" => 1.05,
        "news" | "event" => 0.95,
        _ => 1.0,
    }
}

/// Between 1 for old entries and a little more for new ones: it settles near-ties.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of an age need no more digits"
)]
pub(super) fn freshness(age: i64) -> f32 {
    1.0 + FRESHNESS * (-(age.max(0) as f32) / HALF_LIFE).exp2()
}
