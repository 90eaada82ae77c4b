//! From a parsed feed to entries for the repository: pure functions, no I/O, no clock of its own.

mod assemble;
mod clean;
mod event_day;
pub mod federation;
mod hold;
mod identity;
mod legal;
mod lengths;
mod mend;
mod reader;
mod source;

pub use assemble::{Context, Ingested, assemble, assemble_new};
pub use clean::{clean_html, visible_text};
pub use hold::HoldRule;
pub use reader::{CategoryMappings, READER, Readable, Reader, ReaderError, folded_category, laws};
pub use source::{Source, all as sources};
