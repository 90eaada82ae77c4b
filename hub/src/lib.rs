//! The province's hub.

pub mod harvest;
