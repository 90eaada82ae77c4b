//! The properties of entries by which a search is narrowed and its results are counted.

/// A property of an entry. Some have several values in one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    /// Slug of the legal field.
    Field,
    /// Slugs of the groups of people that it is for.
    Audience,
    /// Slugs of the life situations that it helps in.
    Situation,
    /// Kind of the entry (`news`, `qa`, …).
    Kind,
    /// Slug of the agency that published it.
    Agency,
    /// Level of that agency.
    Level,
    /// Language, as in BCP 47.
    Language,
    /// `yes` where files belong to it.
    Attachment,
    /// Keys of the legal documents that it cites.
    Instrument,
    /// Validity of the legal document that it is.
    Validity,
}

impl Facet {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Field,
        Self::Audience,
        Self::Situation,
        Self::Kind,
        Self::Agency,
        Self::Level,
        Self::Language,
        Self::Attachment,
        Self::Instrument,
        Self::Validity,
    ];

    /// Its name, also of its column in the index.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Audience => "audience",
            Self::Situation => "situation",
            Self::Kind => "kind",
            Self::Agency => "agency",
            Self::Level => "level",
            Self::Language => "language",
            Self::Attachment => "attachment",
            Self::Instrument => "instrument",
            Self::Validity => "validity",
        }
    }

    /// Its place in [`Facet::ALL`].
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

/// The value of [`Facet::Attachment`] where files belong to an entry.
pub const WITH_ATTACHMENT: &str = "yes";

/// Matching entries counted by their values; the largest counts first. Only what was asked for is
/// counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    counts: [Vec<(String, u64)>; Facet::ALL.len()],
}

impl Facets {
    pub(super) fn new(counts: [Vec<(String, u64)>; Facet::ALL.len()]) -> Self {
        Self { counts }
    }

    /// The values of a facet, each with the number of matching entries that have it.
    pub fn of(&self, facet: Facet) -> &[(String, u64)] {
        &self.counts[facet.place()]
    }
}
