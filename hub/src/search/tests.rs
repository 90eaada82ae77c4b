//! What the index promises.

mod quality;
