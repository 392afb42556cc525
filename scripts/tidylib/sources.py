"""How a source file looks: its length, and what it may not hold."""

from . import CRATES, Finding, Tree, rule

MAX_FILE_LINES = 500
MAX_LIB_LINES = 120


def _too_long(tree: Tree, paths, limit: int):
    for path in paths:
        lines = tree.text(path).count("\n")
        if lines > limit:
            yield Finding(path, limit + 1, f"{lines} lines, the limit is {limit}")


@rule(
    "file-length",
    "split it: one concept per file (docs/style.md, rule 2)",
    bad=[{"attractor-core/src/a.rs": "//\n" * (MAX_FILE_LINES + 1)}],
    good=[{"attractor-core/src/a.rs": "//\n" * MAX_FILE_LINES}],
)
def file_length(tree: Tree):
    yield from _too_long(tree, tree.match(r".*\.(rs|py|sh)|scripts/[^.]*|\.ci/run"), MAX_FILE_LINES)


@rule(
    "lib-is-a-table-of-contents",
    "move the logic to a module; lib.rs holds docs, `mod` and `pub use` (docs/style.md, rule 1)",
    bad=[
        {"attractor-core/src/lib.rs": "//!\n" * (MAX_LIB_LINES + 1)},
        {"attractor-llm/src/lib.rs": "pub fn logic() {}\n"},
    ],
    good=[{"attractor-llm/src/lib.rs": "mod a;\npub use a::A;\n"}],
)
def lib_length(tree: Tree):
    libs = [f"{crate}/src/lib.rs" for crate in CRATES if tree.exists(f"{crate}/src/lib.rs")]
    yield from _too_long(tree, libs, MAX_LIB_LINES)
    yield from tree.grep(libs, r"^\s*(pub(\([^)]*\))? )?(async |const )*(fn|struct|enum|trait|impl)\b")


@rule(
    "unfinished",
    "finish it, or leave it out and open an issue; nothing pretends to be there",
    bad=[
        {"attractor-core/src/a.rs": "pub fn a() { todo!() }\n"},
        {"attractor-core/src/a.rs": "pub fn a() { unimplemented!() }\n"},
        {"attractor-core/src/a.rs": "// TO" + "DO: the other half\n"},
    ],
)
def unfinished(tree: Tree):
    yield from tree.grep(tree.match(r".*\.rs"), r"\b(todo|unimplemented)!")
    sources = tree.match(r".*\.(rs|py|sh|toml)|justfile|\.ci/run|scripts/[^.]*")
    yield from tree.grep(sources, r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", raw=True)


@rule(
    "no-not-implemented-endpoint",
    "leave the route out until it works",
    bad=[{"attractor-server/src/a.rs": "pub fn a() -> S { S::NOT_IMPLEMENTED }\n"}],
    good=[{"attractor-llm/src/a.rs": "pub const SERVER_ERRORS: [u16; 1] = [501];\n"}],
)
def no_not_implemented(tree: Tree):
    yield from tree.grep(tree.match(r"attractor-server/src/.*\.rs"), r"\bNOT_IMPLEMENTED\b|\b501\b")


@rule(
    "doctests-compile",
    "use `no_run`, `compile_fail` or `text`; an `ignore` fence rots (docs/style.md, rule 15)",
    bad=[
        {"attractor-core/src/a.rs": "/// ```ignore\n/// x\n/// ```\npub fn a() {}\n"},
        {"attractor-core/README.md": "```rust,ignore\nx\n```\n"},
    ],
    good=[{"attractor-core/src/a.rs": "/// ```no_run\n/// x()\n/// ```\npub fn a() {}\n"}],
)
def doctests_compile(tree: Tree):
    paths = tree.match(r".*\.rs|README\.md|attractor-\w+/.*\.md")
    yield from tree.grep(paths, r"^\s*(//[/!]\s*)?```[\w, ]*\bignore\b", raw=True)
