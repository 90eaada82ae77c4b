//! Harvesting: when to fetch, whom not to disturb, where never to connect, and how to read an answer safely.

pub mod answers;
pub mod breaker;
pub mod candidates;
pub mod causes;
pub mod doctor;
pub mod endings;
pub mod fetch;
pub mod freshness;
pub mod guard;
pub mod history;
pub mod hosts;
pub mod ownership;
pub mod pass;
pub mod push;
pub mod readers;
pub mod replay;
pub mod schedule;
pub mod story;

mod read;

#[cfg(test)]
mod tests;
