//! The pages that people read.

pub(super) mod about;
pub(super) mod agencies;
pub(super) mod embedding;
pub(super) mod entries;
pub(super) mod events;
pub(super) mod history;
pub(super) mod home;
pub(super) mod instruments;
pub(super) mod kinds;
pub(super) mod legal_aid;
mod metadata;
pub(super) mod page;
pub(super) mod qr;
mod record;
mod related;
pub(super) mod search;
mod sections;
pub(super) mod statistics;
pub(super) mod topics;
