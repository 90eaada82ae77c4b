//! Embedded migrations are read by a macro, so cargo has to be told where they lie.

fn main() {
    println!("cargo:rerun-if-changed=../migrations/agency-node");
}
