//! HTTP: the routes, what they answer, and what every answer carries.

mod api;
mod assets;
mod console;
mod data;
mod differences;
mod embed;
mod error;
mod extract;
mod feeds;
mod health;
mod limit;
mod metrics;
mod moved;
mod oai;
mod oembed;
mod opensearch;
mod opml;
mod passage;
mod portal;
mod published;
mod render;
mod respond;
mod router;
mod sitemap;
mod suggestions;
#[cfg(test)]
mod tests;
mod websub;
mod widget;

pub(crate) use console::Visits;
pub(crate) use limit::{Limiter, Peer};
pub(crate) use metrics::router as metrics_router;
pub(crate) use router::router;
pub(crate) use widget::keep_scripts;
