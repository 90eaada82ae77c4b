//! The legal module: what a feed says of the law that its entries are about.
//!
//! In RSS and Atom its elements stand in [`NAMESPACE`]; in JSON Feed it is the object `_legal` with
//! the same names. Everything is optional.

/// The namespace of the module's elements.
pub const NAMESPACE: &str = "urn:loa:legal:1.0";
/// The prefix that is written, and understood where a document forgets to declare it.
pub const PREFIX: &str = "legal";
/// The extension object in JSON Feed.
pub const JSON_KEY: &str = "_legal";

/// `news`, `qa`, `situation`, `document`, `publication`, `multimedia` or `event`.
pub const KIND: &str = "kind";
/// The legal field's slug.
pub const FIELD: &str = "field";
/// An audience's slug; repeated, in JSON an array.
pub const AUDIENCE: &str = "audience";
/// A life situation's slug; repeated, in JSON an array.
pub const SITUATION: &str = "situation";
/// The number of an instrument, the place in it as attribute [`ARTICLE`]; repeated. In JSON an
/// array of objects with [`INSTRUMENT`] and [`ARTICLE`].
pub const BASIS: &str = "basis";
/// The instrument of a [`crate::Basis`].
pub const INSTRUMENT: &str = "instrument";
/// The article of a [`crate::Basis`].
pub const ARTICLE: &str = "article";
/// The record of a document, with the five names below as attributes.
pub const DOCUMENT: &str = "document";
/// The number of a [`crate::Document`].
pub const NUMBER: &str = "number";
/// The type of a [`crate::Document`].
pub const TYPE: &str = "type";
/// Who issued a [`crate::Document`].
pub const ISSUER: &str = "issuer";
/// A date, `2024-01-31`.
pub const ISSUED: &str = "issued";
/// A date, `2024-01-31`.
pub const EFFECTIVE: &str = "effective";
/// When and where an event takes place, with the three names below as attributes.
pub const EVENT: &str = "event";
/// A day, `2026-11-26`, or a moment, `2026-11-26T08:00:00+07:00`.
pub const STARTS: &str = "starts";
/// A day or a moment.
pub const ENDS: &str = "ends";
/// Where an event takes place.
pub const PLACE: &str = "place";
/// Where an entry that came through hubs was first taken from its publisher, with the four names below as attributes.
pub const ORIGIN: &str = "origin";
/// The public address of the hub of an [`crate::Origin`].
pub const HUB: &str = "hub";
/// The id that the hub of an [`crate::Origin`] gave the entry.
pub const ID: &str = "id";
/// The name of the agency of an [`crate::Origin`].
pub const AGENCY: &str = "agency";
/// The page of an [`crate::Origin`] on its publisher's site.
pub const URL: &str = "url";
/// The public address of a hub that the entry has passed, the first first; repeated, in JSON an array.
pub const HOP: &str = "hop";
/// The citizen's question as plain text.
pub const QUESTION: &str = "question";
