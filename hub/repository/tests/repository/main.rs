//! What the repository promises, on both databases.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect"
)]

mod support;

mod agencies;
mod asked_queries;
mod breakers;
mod changes;
mod clusters;
mod concurrency;
mod connections;
mod dated;
mod decisions;
mod entries;
mod federation;
mod feeds;
mod front;
mod harvests;
mod histories;
mod identities;
mod instruments;
mod jobs;
mod leases;
mod lists;
mod locks;
mod notices;
mod outbox;
mod people;
mod proven_sites;
mod pushes;
mod readings;
mod retention;
mod schedules;
mod schema;
mod second_factors;
mod statistics;
mod subscriptions;
mod tenancy;
mod unchanged;
mod vocabularies;
mod walk;
mod widgets;
