//! Prints feeds as JSON lines.
fn main() {}
