//! Feeds of every dialect in one model: reading, writing, no I/O.

pub mod model;

pub use model::{
    Attachment, Basis, Category, Date, Document, Entry, Feed, Legal, Link, Paging, Person,
    Precision, Source, Text, Tombstone,
};
