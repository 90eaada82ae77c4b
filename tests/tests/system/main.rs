//! What the whole system promises, on its real programs.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod arrival;
mod bad_input;
mod browser;
mod cluster;
mod command_line;
mod console;
mod demo;
mod federation;
mod freshness;
mod harvest;
mod history;
mod hostile;
mod identity_provider;
mod kill;
mod known_good;
mod new_feed;
mod onboarding;
mod outage;
mod pages;
mod quirks;
mod readers;
mod sign_in;
mod tidy;
mod way;
mod ways_in;
mod websub;
mod widgets;
