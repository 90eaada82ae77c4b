//! A node as browsers, feed readers and its hub see it: the real server on a real socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod desk;
mod entries;
mod feeds;
mod harness;
mod headers;
mod import;
mod sessions;
