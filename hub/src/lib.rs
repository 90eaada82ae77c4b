//! The hub of a province.

pub mod harvest;
pub mod search;
