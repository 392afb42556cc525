# What a change must pass before it is sent, and the daily shortcuts. `just` alone lists them.
# CI runs .ci/run, which does the same steps and more, and needs no `just`.

set shell := ["bash", "-euo", "pipefail", "-c"]

_list:
    @just --list --unsorted

# everything that a change must pass
check: fmt clippy doc tidy deny test

# formatting, without changing a file
fmt:
    cargo fmt --all --check

# the lints of Cargo.toml, warnings denied
clippy:
    cargo clippy --workspace --all-targets --features "$(scripts/features)" -- -D warnings

# the API documentation, warnings denied
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --features "$(scripts/features)" --no-deps

# the invariants of docs/architecture.md, and the proof that each rule can fail
tidy:
    scripts/tidy --self-test
    scripts/tidy

# licences, duplicate versions, sources; `cargo install --locked cargo-deny` gets the tool
deny:
    cargo deny --all-features check -D warnings licenses bans sources

# all tests and doctests
test *arguments:
    cargo test --workspace {{ arguments }}

# tests with cargo-nextest: faster, without the doctests
nextest *arguments:
    cargo nextest run --workspace {{ arguments }}

# review changed snapshots; `cargo install --locked cargo-insta` gets the tool
snap:
    cargo insta test --workspace --unreferenced=reject --review

# the benchmarks; `just bench parse_dot` runs one
bench *names:
    cargo bench -p attractor-benches {{ if names == "" { "" } else { "--bench " + names } }}

# a pipeline that repairs a small repository, with a scripted model and everything else real
demo:
    cargo run --bin attractor -- demo

# the examples, against the scripted model server
examples:
    scripts/run-examples

# the client against model servers of other projects, from npm and PyPI
foreign-parts:
    scripts/foreign-parts

# services that some tests need: `eval "$(just services up)"`, then `just services down`
services direction="up":
    @scripts/services-{{ direction }}

# all that CI runs
ci:
    bash .ci/run
