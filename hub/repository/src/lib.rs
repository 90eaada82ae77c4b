//! The hub's repository: all SQL of the hub, on SQLite and PostgreSQL with one set of queries.
//!
//! Functions are called qualified (`feeds::add`), are synchronous, and take the connection first
//! and, where they touch a tenant's data, the [`Scope`] second. [`Db::run`] runs them off the async
//! threads.

#![warn(missing_docs)]

mod conn;
mod error;
mod ids;
mod locks;
mod schema;
mod scope;
mod text_enum;
mod types;
mod walls;

pub mod agencies;
pub mod answers;
pub mod api_tokens;
pub mod asked_queries;
pub mod audit;
pub mod breakers;
pub mod category_mappings;
pub mod changes;
pub mod clusters;
pub mod corrections;
pub mod decisions;
pub mod entries;
pub mod feeds;
pub mod followers;
pub mod freshness;
pub mod harvests;
pub mod histories;
pub mod identities;
pub mod instruments;
pub mod invitations;
pub mod jobs;
pub mod leases;
pub mod legal_services;
pub mod migrate;
pub mod notices;
pub mod onboardings;
pub mod one_time_tokens;
pub mod outbox;
pub mod people;
pub mod pins;
pub mod policies;
pub mod proven_sites;
pub mod pushes;
pub mod readings;
pub mod revision;
pub mod runs;
pub mod schedules;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_attempts;
pub mod statistics;
pub mod subscriptions;
pub mod vocabularies;
pub mod widgets;

pub use conn::{Db, DbConn};
pub use error::StoreError;
pub use ids::{
    AgencyId, EntryId, FeedId, IntentId, NoticeId, PersonId, PushId, RunId, SessionId,
    SubscriptionId, TokenId,
};
pub use scope::Scope;
pub use types::{Json, Timestamp};
pub use walls::{WalledDb, Walls};
