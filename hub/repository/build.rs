//! Notices new migrations: `embed_migrations!` alone does not.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/hub");
}
