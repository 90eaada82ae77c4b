//! What the repository promises, on both databases.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect"
)]

mod support;

mod agencies;
mod concurrency;
mod connections;
mod entries;
mod feeds;
mod harvests;
mod histories;
mod leases;
mod lists;
mod schema;
mod tenancy;
mod unchanged;
