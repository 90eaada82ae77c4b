//! Harvesting: when to fetch, whom not to disturb, where never to connect, and how to read an answer safely.

pub mod endings;
pub mod fetch;
pub mod guard;
pub mod history;
pub mod hosts;
pub mod pass;
pub mod schedule;
