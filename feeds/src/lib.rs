//! Feeds of every dialect in one model: reading, writing, no I/O and no clock.
//!
//! ```
//! let document = r#"<rss version="2.0"><channel><title>Sở Tư pháp</title>
//!     <item><title>Ngày Pháp luật</title><link>/tin/1</link></item></channel></rss>"#;
//! let hints = feeds::Hints { base: Some("https://stp.example.vn/rss"), ..Default::default() };
//! let parsed = feeds::parse(document.as_bytes(), &hints)?;
//! assert_eq!(parsed.feed.entries[0].url.as_deref(), Some("https://stp.example.vn/tin/1"));
//! assert!(feeds::parse(b"<html><body>404</body></html>", &hints).is_err());
//! # Ok::<(), feeds::NotAFeed>(())
//! ```

#![warn(missing_docs)]

mod addresses;
mod allowance;
mod composed;
pub mod dates;
mod detect;
pub mod discover;
mod encoding;
mod html;
mod legacy;
pub mod legal;
pub mod model;
pub mod opml;
mod parse;
mod place;
mod problem;
mod survey;
mod text;
pub mod write;

pub use detect::{Format, NotAFeed};
pub use encoding::text;
pub use model::{
    Attachment, Basis, Category, Date, Discussion, Document, Entry, Event, Feed, Geo, InReplyTo,
    Legal, Link, Origin, Paging, Person, Precision, Schedule, Source, Text, Tombstone,
    UpdatePeriod,
};
pub use parse::{Hints, Parsed, parse};
pub use place::{Place, places};
pub use problem::{Problem, ProblemCode};
