//! The pages that people read.

pub(super) mod agencies;
pub(super) mod embedding;
pub(super) mod entries;
pub(super) mod history;
pub(super) mod home;
pub(super) mod instruments;
pub(super) mod page;
pub(super) mod search;
