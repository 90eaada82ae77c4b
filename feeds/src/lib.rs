//! Feeds of every dialect in one model: reading, writing, no I/O.

pub mod model;

pub use model::{
    Attachment, Basis, Category, Date, Document, Entry, Feed, Legal, Link, Paging, Person,
    Precision, Source, Text, Tombstone,
};
pub struct Hints<'a> { pub content_type: Option<&'a str>, pub base: Option<&'a str> }
pub struct Parsed { pub feed: Feed }
#[derive(Debug, thiserror::Error)] #[error("x")] pub struct NotAFeed;
pub fn parse(_: &[u8], _: &Hints<'_>) -> Result<Parsed, NotAFeed> { Err(NotAFeed) }
pub mod write { pub fn rss(_: &super::Feed) -> String { String::new() } pub fn atom(_: &super::Feed) -> String { String::new() } pub fn json(_: &super::Feed) -> String { String::new() } }
pub mod opml { #[derive(Default)] pub struct Opml { pub title: Option<String>, pub outlines: Vec<Outline> } #[derive(Default)] pub struct Outline { pub text: String, pub xml_url: Option<String>, pub outlines: Vec<Outline> }
impl Outline { pub fn feed(_: &str, _: &str, _: Option<&str>) -> Self { Self::default() } pub fn folder(_: &str, _: Vec<Outline>) -> Self { Self::default() } }
pub fn write(_: &Opml) -> String { String::new() } pub fn read(_: &[u8]) -> Result<Opml, super::NotAFeed> { Err(super::NotAFeed) } }
impl Text { pub fn plain(&self) -> std::borrow::Cow<'_, str> { match self { Text::Plain(t) | Text::Html(t) => t.as_str().into() } } pub fn html(&self) -> std::borrow::Cow<'_, str> { self.plain() } }
