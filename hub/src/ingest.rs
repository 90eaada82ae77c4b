//! From a parsed feed to entries for the repository: pure functions, no I/O, no clock of its own.

mod assemble;
mod clean;
mod identity;

pub use assemble::{Context, Ingested, assemble};
pub use clean::{clean_html, visible_text};
