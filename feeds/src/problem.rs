//! What was wrong with a document that was read all the same.

use std::fmt;

use serde::Serialize;

/// How many problems of one kind are kept; a broken generator breaks every line alike.
const KEPT_PER_CODE: usize = 20;

/// One repair, said so that the feed's webmaster can act on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of repair it was.
    pub code: ProblemCode,
    /// Byte offset in the decoded text without its control characters, where the place is known.
    pub position: Option<usize>,
    /// What stood there, shortened.
    pub found: Option<String>,
}

/// The kinds of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The HTTP content type names something other than a feed.
    ContentTypeMismatch,
    /// The bytes are in another encoding than HTTP or the document says.
    EncodingMismatch,
    /// Some bytes mean nothing in the encoding and were replaced.
    InvalidBytes,
    /// Vietnamese in the TCVN3 font encoding.
    LegacyTcvn3,
    /// Vietnamese in the VNI font encoding.
    LegacyVni,
    /// Something stands before the root element.
    JunkBeforeRoot,
    /// Something stands after the end of the root element.
    JunkAfterRoot,
    /// A document type declaration, which is not processed.
    DoctypeIgnored,
    /// Characters that XML 1.0 §2.2 does not allow.
    ControlCharacters,
    /// `&` that begins no reference.
    BareAmpersand,
    /// `<` that begins no markup.
    BareLessThan,
    /// A named entity that neither XML nor HTML knows.
    UnknownEntity,
    /// An element that is not closed, or closed by another name.
    MismatchedTags,
    /// A namespace prefix without a declaration.
    UndeclaredPrefix,
    /// The document ends before its root element does.
    Truncated,
    /// More namespace declarations than anyone needs.
    TooManyNamespaces,
    /// The feed's parts weigh so much more than its text that the last were left out.
    TooLarge,
    /// A base address so long that nothing is counted from it.
    LongBase,
    /// A root element without the namespace of its format.
    MissingNamespace,
    /// Markup that was escaped once too often.
    DoubleEscaped,
    /// A date that cannot be read, or cannot be.
    BadDate,
    /// A date that reads well but in another form than the format asks for.
    OddDate,
    /// An address that counts from no stated base.
    RelativeLink,
    /// An address with a doubled host, a line break or a default port in it.
    RepairedLink,
    /// An address that runs a script or holds data; it was dropped.
    UnsafeLink,
    /// An entry without an id.
    MissingId,
    /// An id that an earlier entry has.
    DuplicateId,
    /// A feed without a title.
    MissingTitle,
    /// A feed without entries.
    NoEntries,
    /// A value that its specification does not allow: a `ttl` that is no number, a place off the
    /// Earth, a JSON item that is no object.
    OddValue,
    /// JSON that no strict reader takes.
    MalformedJson,
}

impl ProblemCode {
    /// What to do about it, in a sentence for the feed's webmaster.
    pub fn advice(self) -> &'static str {
        match self {
            Self::ContentTypeMismatch => {
                "serve the feed as application/rss+xml, application/atom+xml or application/feed+json"
            }
            Self::EncodingMismatch => {
                "the bytes are in another encoding than declared: write UTF-8 and declare UTF-8, in HTTP and in the XML declaration"
            }
            Self::InvalidBytes => {
                "some bytes are not valid in the encoding: write UTF-8 throughout"
            }
            Self::LegacyTcvn3 => {
                "the text is in the old TCVN3 fonts: convert the content to Unicode"
            }
            Self::LegacyVni => "the text is in the old VNI fonts: convert the content to Unicode",
            Self::JunkBeforeRoot => {
                "something stands before the XML declaration: remove blank lines and program output before it"
            }
            Self::JunkAfterRoot => {
                "something stands after the end of the feed: end the output there"
            }
            Self::DoctypeIgnored => "the document type declaration is ignored: leave it out",
            Self::ControlCharacters => "control characters are not allowed in XML: remove them",
            Self::BareAmpersand => "write & as &amp;",
            Self::BareLessThan => "write < as &lt; where it is text",
            Self::UnknownEntity => "XML knows only five named entities: write the character itself",
            Self::MismatchedTags => {
                "an element is closed wrongly or not at all: write the XML with an XML library"
            }
            Self::UndeclaredPrefix => "declare the namespace prefix on the root element",
            Self::Truncated => {
                "the document ends early: check the server's time limits and the feed's size"
            }
            Self::TooManyNamespaces => "declare each namespace once, on the root element",
            Self::TooLarge => {
                "the feed unfolds into far more than it weighs, and the rest was left out: write fewer, fuller entries and full addresses"
            }
            Self::LongBase => {
                "the base address is too long to be one: write full addresses, beginning with https://"
            }
            Self::MissingNamespace => {
                "the feed element lacks its namespace: add xmlns=\"http://www.w3.org/2005/Atom\""
            }
            Self::DoubleEscaped => "the markup is escaped twice: escape it once",
            Self::BadDate => {
                "the date could not be read: write RFC 822 dates in RSS, RFC 3339 dates elsewhere"
            }
            Self::OddDate => {
                "the date is not in the form that the format asks for: write RFC 822 dates in RSS, RFC 3339 dates elsewhere"
            }
            Self::RelativeLink => "write full addresses, beginning with https://",
            Self::RepairedLink => "the address was malformed: write one full address",
            Self::UnsafeLink => "only http and https addresses are kept",
            Self::MissingId => "give every entry a guid or id that never changes",
            Self::DuplicateId => "two entries have the same guid or id: make each unique",
            Self::MissingTitle => "give the feed a title",
            Self::NoEntries => "the feed holds no entries",
            Self::OddValue => "the value could not be read: write it as the specification says",
            Self::MalformedJson => {
                "the JSON is malformed and was repaired: write it with a JSON library"
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(formatter, "at byte {position}: ")?;
        }
        formatter.write_str(self.code.advice())?;
        match &self.found {
            Some(found) => write!(formatter, " (found: {found})"),
            None => Ok(()),
        }
    }
}

/// The problems of one document; the first of each kind are kept.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
}

impl Problems {
    pub(crate) fn add(&mut self, code: ProblemCode, position: impl Into<Option<usize>>) {
        self.record(code, position.into(), None);
    }

    pub(crate) fn add_found(
        &mut self,
        code: ProblemCode,
        position: impl Into<Option<usize>>,
        found: &str,
    ) {
        self.record(code, position.into(), Some(found));
    }

    pub(crate) fn has(&self, code: ProblemCode) -> bool {
        self.kept.iter().any(|problem| problem.code == code)
    }

    /// Adds those that were found meanwhile.
    pub(crate) fn extend(&mut self, others: Self) {
        for problem in others.kept {
            self.record(problem.code, problem.position, problem.found.as_deref());
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.kept
    }

    fn record(&mut self, code: ProblemCode, position: Option<usize>, found: Option<&str>) {
        let same = self.kept.iter().filter(|problem| problem.code == code);
        let is_known = |problem: &Problem| position.is_some() && problem.position == position;
        if !same.clone().any(is_known) && same.count() < KEPT_PER_CODE {
            let found = found.map(|text| text.chars().take(80).collect());
            self.kept.push(Problem {
                code,
                position,
                found,
            });
        }
    }
}
