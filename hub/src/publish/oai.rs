//! The repository for library harvesters: OAI-PMH 2.0 (protocol version of 2002-06-14).
//!
//! A list is in the order of the entries' numbers, so that a change during a harvest neither loses nor doubles one. The
//! token that asks for the rest of a list says all that is needed and is kept nowhere; it stays valid as long as the
//! repository does.

mod answer;
mod problem;
mod record;
mod request;
mod token;

pub use answer::{AnswerError, Provider, answer};

/// The portal's path of the interface.
pub const OAI_PATH: &str = "/oai";

/// The portal's path of the second format's schema.
pub const SCHEMA_PATH: &str = "/oai/legal.xsd";

/// The second format's schema (XML Schema 1.0).
pub const SCHEMA: &str = include_str!("oai/legal.xsd");
