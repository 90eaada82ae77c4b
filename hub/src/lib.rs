//! The province's hub: harvests, keeps, finds and publishes.
pub mod search;
