"""Which crate may know what: boundaries between the crates, and the manifests."""

import re
import tomllib

from . import CRATES, MEMBERS, Finding, Tree, rule

MANIFEST_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")

# What each crate may not name, in its manifest (dashes) and in its code (underscores).
FORBIDDEN_SIBLINGS = {
    "attractor-core": ("attractor-agent", "attractor-llm", "attractor-server"),
    "attractor-llm": ("attractor-agent", "attractor-core", "attractor-server"),
    "attractor-agent": ("attractor-server",),
}

HTTP_CLIENTS = "reqwest|hyper|hyper_util|ureq|isahc|surf|curl|awc|http_body_util"

# Third-party crates that live in one place; the list of places grows with an ADR, not by habit.
PLACES = {
    "reqwest": r"attractor-server/src/(forge|client)/transport\.rs",
    "hyper_rustls": r"attractor-llm/src/provider/transport/.*\.rs",
    "rustls": r"attractor-llm/src/provider/transport/.*\.rs|attractor-server/src/tls\.rs|benches/llm_peers/main\.rs",
    "object_store": r"attractor-server/src/objects/.*\.rs",
    "petgraph": r"attractor-core/src/graph/.*\.rs",
    "eventsource_stream": r"attractor-(llm/src/provider|server/src/client)/sse\.rs",
    "dot_parser": r"attractor-server/src/graphviz/.*\.rs|benches/dot_oracle\.rs",
    "kube": r"attractor-server/src/runner/kubernetes/.*\.rs",
    "sqlx": r"attractor-server/src/store/.*\.rs",
}

# Third-party crates whose types may stand in a public signature (docs/architecture.md).
PUBLIC_CRATES = {"bytes", "futures", "schemars", "serde", "serde_json", "tokio_util", "async_trait"}


def _member_sources(tree: Tree, crate: str) -> list[str]:
    return tree.match(rf"{crate}/(src|tests)/.*\.rs")


@rule(
    "crate-boundaries",
    "remove the dependency; what two crates share belongs to the lower one or to the caller "
    "(docs/adr/0003-crate-boundaries.md)",
    bad=[
        {"attractor-core/src/a.rs": "use attractor_llm::Client;\n"},
        {"attractor-llm/Cargo.toml": "[dependencies]\nattractor-core.workspace = true\n"},
        {"attractor-agent/src/a.rs": "use attractor_server::cli;\n"},
    ],
    good=[{"attractor-core/src/a.rs": "//! Beside attractor_llm, which it does not know.\n"}],
)
def crate_boundaries(tree: Tree):
    for crate, siblings in FORBIDDEN_SIBLINGS.items():
        manifest = f"{crate}/Cargo.toml"
        if tree.exists(manifest):
            names = "|".join(siblings)
            yield from tree.grep([manifest], rf'^[^#]*(?<![\w-])({names})(?![\w-])', raw=True)
        code_names = "|".join(sibling.replace("-", "_") for sibling in siblings)
        yield from tree.grep(_member_sources(tree, crate), rf"\b({code_names})\b")


@rule(
    "no-http-in-core",
    "move the request to attractor-llm or to the host; core does no network",
    bad=[
        {"attractor-core/src/a.rs": "use reqwest::Client;\n"},
        {"attractor-core/Cargo.toml": "[dependencies]\nureq.workspace = true\n"},
    ],
)
def no_http_in_core(tree: Tree):
    yield from tree.grep(_member_sources(tree, "attractor-core"), rf"\b({HTTP_CLIENTS})::")
    if tree.exists("attractor-core/Cargo.toml"):
        manifest_names = HTTP_CLIENTS.replace("_", "[-_]")
        yield from tree.grep(["attractor-core/Cargo.toml"], rf"^({manifest_names})\b", raw=True)


def _place_rule(crate: str, place: str):
    shown = place.replace("\\", "")

    @rule(
        f"{crate.replace('_', '-')}-in-its-place",
        f"only {shown} may name `{crate}`; wrap what you need there in a type of ours",
        bad=[{"attractor-server/src/a.rs": f"use {crate}::Thing;\n"}],
        good=[{"attractor-server/src/a.rs": f'/// About {crate}.\npub const A: &str = "{crate}";\n'}],
    )
    def check(tree: Tree):
        paths = [path for path in tree.match(r".*\.rs") if not re.fullmatch(place, path)]
        yield from tree.grep(paths, rf"\b{crate}\b(?=\s*(::|;|\s+as\b|\{{))")

    return check


for _crate, _place in PLACES.items():
    _place_rule(_crate, _place)


@rule(
    "environment-in-one-file",
    "read environment variables in src/env.rs of the crate (the server: src/env.rs or "
    "src/config.rs) and pass values on",
    bad=[
        {"attractor-core/src/a.rs": 'pub fn a() { let _ = std::env::var("A"); }\n'},
        {"attractor-llm/src/a.rs": "use std::env::vars_os;\n"},
    ],
    good=[
        {"attractor-core/src/env.rs": 'pub fn a() { let _ = std::env::var("A"); }\n'},
        {"attractor-core/src/a.rs": "pub fn a() { let _ = std::env::temp_dir(); }\n"},
    ],
)
def environment_in_one_file(tree: Tree):
    readers = r"attractor-\w+/src/env\.rs|attractor-server/src/config\.rs"
    paths = [path for path in tree.match(r".*/src/.*\.rs") if not re.fullmatch(readers, path)]
    yield from tree.grep(paths, r"\benv::(var|vars|var_os|vars_os)\b")


@rule(
    "dependencies-sorted",
    "sort the table by name, so that two changes don't meet in one line and a twin is seen",
    bad=[
        {"Cargo.toml": '[workspace.dependencies]\nb = "1"\na = "1"\n'},
        {"attractor-core/Cargo.toml": "[dependencies]\nb.workspace = true\na.workspace = true\n"},
    ],
)
def dependencies_sorted(tree: Tree):
    tables = r"(workspace\.)?(dependencies|dev-dependencies|build-dependencies)"
    for path in tree.match(r"(.*/)?Cargo\.toml"):
        inside, previous = False, ""
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if line.startswith("["):
                inside, previous = bool(re.fullmatch(rf"\[{tables}\]", line.strip())), ""
            elif inside and (found := re.match(r"([\w-]+)(\.workspace)?\s*=", line)):
                if found.group(1) < previous:
                    yield Finding(path, number, f"`{found.group(1)}` after `{previous}`")
                previous = found.group(1)


@rule(
    "versions-in-the-root",
    "give the version once, in [workspace.dependencies], and write `name.workspace = true`",
    bad=[
        {"attractor-core/Cargo.toml": '[dependencies]\nserde = "1"\n'},
        {"attractor-core/Cargo.toml": '[dev-dependencies]\nserde = { version = "1" }\n'},
    ],
    good=[{"attractor-core/Cargo.toml": '[dev-dependencies]\nattractor-core = { path = "." }\n'}],
)
def versions_in_the_root(tree: Tree):
    for path in (f"{member}/Cargo.toml" for member in MEMBERS):
        if not tree.exists(path):
            continue
        manifest = tomllib.loads(tree.text(path))
        for table in MANIFEST_TABLES:
            for name, value in manifest.get(table, {}).items():
                if isinstance(value, str) or not (value.get("workspace") or value.get("path") == "."):
                    yield Finding(path, 1, f"`{name}` in [{table}]")


@rule(
    "lints-inherited",
    "add `[lints]` with `workspace = true`; the workspace's lints hold for every member but the "
    "examples, which print and list theirs",
    bad=[
        {"benches/Cargo.toml": '[package]\nname = "benches"\n'},
        {"attractor-core/Cargo.toml": "[package]\n[lints.rust]\nmissing_docs = 'warn'\n"},
    ],
    good=[{"examples/Cargo.toml": "[package]\n[lints.rust]\nmissing_docs = 'warn'\n"}],
)
def lints_inherited(tree: Tree):
    for path in (f"{member}/Cargo.toml" for member in MEMBERS):
        if tree.exists(path) and "package" in (manifest := tomllib.loads(tree.text(path))):
            lints = manifest.get("lints", {})
            if not lints if path.startswith("examples/") else not lints.get("workspace"):
                yield Finding(path, 1, "no inherited lints")


def _third_party(tree: Tree) -> set[str]:
    if not tree.exists("Cargo.toml"):
        return set()
    listed = tomllib.loads(tree.text("Cargo.toml")).get("workspace", {}).get("dependencies", {})
    names = {name.replace("-", "_") for name in listed if name not in CRATES}
    return names - PUBLIC_CRATES


def _signatures(code: str):
    """The public items of a file, one joined string each: functions, types, fields, `From`s."""
    opening = r"^\s*(pub (?:async |const |unsafe )*(?:fn|type|const|static|trait|use)\b|pub \w+:|impl\b[^\n]* for )"
    for found in re.finditer(opening, code, re.MULTILINE):
        ends = r"[;={]" if not found.group(1).endswith(":") else r"[,}]\s*\n"
        if found.group(1).startswith("pub type") or found.group(1).startswith("pub use"):
            ends = ";"
        end = re.compile(ends).search(code, found.end())
        yield code.count("\n", 0, found.start(1)) + 1, code[found.start(1) : end.start() if end else None]


def _imported(code: str, crates: set[str]) -> set[str]:
    names = set()
    for found in re.finditer(r"^\s*use (\w+)::([^;]+);", code, re.MULTILINE):
        if found.group(1) in crates:
            names.update(re.findall(r"\b[A-Z]\w*\b", found.group(2)))
    return names


@rule(
    "public-signatures",
    "wrap the type in one of ours or take plain data; docs/architecture.md lists the third-party "
    "types that may be public",
    bad=[
        {"attractor-core/src/a.rs": "pub fn now() -> jiff::Timestamp { x() }\n"},
        {"attractor-core/src/a.rs": "use jiff::{Span, Timestamp};\npub struct A {\n    pub at: Timestamp,\n}\n"},
        {"attractor-core/src/a.rs": "impl From<jiff::Error> for Error {\n}\n"},
    ],
    good=[
        {"attractor-core/src/a.rs": "use jiff::Timestamp;\npub fn a() { let _ = Timestamp::now(); }\n"},
        {"attractor-core/src/a.rs": "pub(crate) fn now() -> jiff::Timestamp { x() }\n"},
    ],
)
def public_signatures(tree: Tree):
    crates = _third_party(tree)
    if not crates:
        return
    qualified = re.compile(rf"\b({'|'.join(sorted(crates))})::")
    for path in tree.match(r"attractor-(core|llm|agent)/src/.*\.rs"):
        code = tree.code(path)
        imported = _imported(code, crates)
        for number, signature in _signatures(code):
            words = set(re.findall(r"\w+", signature)) if not signature.startswith("pub use") else set()
            if found := qualified.search(signature):
                yield Finding(path, number, found.group(1))
            elif hits := words & imported:
                if signature.startswith("impl") and not re.match(r"impl[^{]*\b(From|TryFrom|AsRef)<", signature):
                    continue
                yield Finding(path, number, ", ".join(sorted(hits)))
