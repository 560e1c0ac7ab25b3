# Shortcuts. Each calls a script that works without just; `just --list` tells what there is.

export PATH := justfile_directory() / ".tools/bin:" + env("PATH")

# What is missing on this machine is installed.
setup:
    deploy/tools/install tests

# Everything at once on private servers; stop it with Ctrl-C.
up *options: setup
    deploy/up {{ options }}

# Formats code and protos.
fmt:
    cargo fmt --all
    cd proto && buf format -w

# Formatting, clippy, documentation, protos.
lint:
    tests/run lint

# Everything, or what the options of `cargo test` select.
test *options:
    tests/run {{ options }}

# The tests of the crates and of the repository's rules.
unit:
    tests/run unit

# The built binary as its users meet it.
accept:
    tests/run accept

# Writes schemas of new events and digests of new stored shapes; what was released stays as it is.
gen:
    CORNERSTONE_WRITE=1 cargo test -p codec --test it schemas
    CORNERSTONE_WRITE=1 cargo test -p acceptance --test rules frozen

# At a release: what protos promise from now on.
release-protos:
    cd proto && buf build --exclude-source-info -o baseline.binpb

# Known bugs, licences and sources of dependencies; wants cargo-deny, and a network for known bugs.
deny:
    cargo deny check

# A shell in the database of the views of `just up`.
db:
    PGPASSWORD="$(cat var/keys/postgres)" psql -h 127.0.0.1 -U postgres -p "$(grep -oE '"postgres": *[0-9]+' var/ports.json | grep -oE '[0-9]+')" views

# Measures commands, replay and views on private servers, beside what the log alone does.
bench *options:
    cargo run --release --bin cornerstone -- bench {{ options }}

# What must hold before anything lands.
ci:
    .ci/run
