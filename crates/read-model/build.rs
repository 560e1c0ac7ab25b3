//! Rebuilds when a migration file appears: `sqlx::migrate!` embeds the folder but cannot watch it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
