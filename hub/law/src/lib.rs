//! Vietnamese legal text, pure: no I/O, no clock, no database.
#![warn(missing_docs)]

pub mod citations;
pub mod classify;
pub mod duplicates;
pub mod text;
pub mod vocabulary;
