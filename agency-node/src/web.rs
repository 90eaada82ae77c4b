//! The node over HTTP: pages for readers, feeds for machines, a desk for editors.

mod assets;
mod client;
mod conditional;
mod desk;
mod entries;
mod entry_form;
mod error;
mod feeds;
mod headers;
mod health;
mod home;
mod page;
mod router;
mod sessions;
mod throttle;
mod withdrawals;
mod writing;

use std::sync::Arc;

use crate::Config;
use crate::ping::Pinger;
use crate::store::{Db, Timestamp};
use feeds::Ready;
use throttle::Throttle;

pub(crate) use router::router;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
struct App {
    config: Arc<Config>,
    /// The agency's settled short name.
    slug: Arc<str>,
    /// When this run began.
    started: Timestamp,
    db: Db,
    pinger: Pinger,
    throttle: Arc<Throttle>,
    feeds: Arc<Ready>,
}
