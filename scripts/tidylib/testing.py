"""What the tests keep: no sleeping, no silent skip, no file that nothing reads."""

import re

from . import Finding, Tree, rule

SLEEP = r"\bsleep(_until)?\s*\("
WAIVER = re.compile(r"//\s*tidy:\s*\S{3,}")


def _test_lines(tree: Tree):
    """(path, first line) of every stretch of test code; inline tests come last in a file."""
    for path in tree.match(r".*\.rs"):
        if "/tests/" in path:
            yield path, 1
        elif found := re.search(r"^#\[cfg\(test\)\]\s*\n(?=(pub(\(crate\))? )?mod \w+ \{)", tree.code(path), re.MULTILINE):
            yield path, tree.code(path).count("\n", 0, found.start()) + 1


@rule(
    "no-sleep-in-tests",
    "wait for the event itself, or use tokio's paused clock; if the passing of time is what is "
    "tested, say so on the line: `// tidy: <reason>`",
    bad=[
        {"attractor-core/tests/it/a.rs": "tokio::time::sleep(one_second()).await;\n"},
        {"attractor-core/src/a.rs": "#[cfg(test)]\nmod tests {\n    thread::sleep(one_second());\n}\n"},
        {"attractor-core/tests/it/a.rs": "sleep(one_second()).await; // tidy:\n"},
    ],
    good=[
        {"attractor-core/tests/it/a.rs": "sleep(tick).await; // tidy: the clock is paused\n"},
        {"attractor-core/src/a.rs": "pub async fn a() { tokio::time::sleep(x()).await; }\n"},
    ],
)
def no_sleep_in_tests(tree: Tree):
    for path, first in _test_lines(tree):
        for finding in tree.grep([path], SLEEP):
            if finding.line >= first and not WAIVER.search(tree.line(finding)):
                yield finding


@rule(
    "ignored-tests-say-why",
    'write `#[ignore = "why, and how to run it"]`, or make the test print SKIPPED and why',
    bad=[{"attractor-core/tests/it/a.rs": "#[test]\n#[ignore]\nfn a() {}\n"}],
    good=[{"attractor-core/tests/it/a.rs": '#[test]\n#[ignore = "needs a key"]\nfn a() {}\n'}],
)
def ignored_tests_say_why(tree: Tree):
    yield from tree.grep(tree.match(r".*\.rs"), r"#\[ignore\s*\]")


@rule(
    "test-names-are-sentences",
    "name the behaviour, without `test_`: `a_full_queue_refuses_the_next_run` (docs/style.md, rule 18)",
    bad=[{"attractor-core/tests/it/a.rs": "#[test]\nfn test_parse() {}\n"}],
    good=[{"attractor-core/tests/it/a.rs": "#[test]\nfn an_empty_graph_has_no_start() {}\n"}],
)
def test_names(tree: Tree):
    attribute = r"#\[(?:tokio::)?test[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn (test_\w+)"
    for path in tree.match(r".*\.rs"):
        for found in re.finditer(attribute, tree.code(path)):
            yield Finding(path, tree.code(path).count("\n", 0, found.start(1)) + 1, found.group(1))


@rule(
    "snapshot-has-a-test",
    "delete the snapshot, or restore the test that writes it",
    bad=[
        {"attractor-core/tests/it/snapshots/it__a__gone.snap": "---\nsource: attractor-core/tests/it/a.rs\n---\nx\n"},
        {
            "attractor-core/tests/it/a.rs": "fn other() {}\n",
            "attractor-core/tests/it/snapshots/it__a__gone.snap": "---\nsource: attractor-core/tests/it/a.rs\n---\nx\n",
        },
    ],
    good=[
        {
            "attractor-core/tests/it/a.rs": "fn kept() {}\n",
            "attractor-core/tests/it/snapshots/it__a__kept-2.snap": "---\nsource: attractor-core/tests/it/a.rs\n---\nx\n",
        }
    ],
)
def snapshot_has_a_test(tree: Tree):
    for path in tree.match(r".*\.snap"):
        source = re.search(r"^source: (.+)$", tree.text(path), re.MULTILINE)
        name = path.rsplit("/", 1)[1].removesuffix(".snap").split("__")[-1]
        name = re.sub(r"-\d+$", "", name.split("@")[0])
        if not source or not tree.exists(source.group(1)):
            yield Finding(path, 1, "its source file is gone")
        elif not _is_written_by(tree.text(source.group(1)), name):
            yield Finding(path, 1, f"`{name}` is not in {source.group(1)}")


def _is_written_by(source: str, name: str) -> bool:
    computed = re.search(r"assert\w*_snapshot!\(\s*(?![\"{])\w+[^,\n]*,\s*\S", source)
    return name in source or bool(computed)


@rule(
    "fixture-is-read",
    "delete the fixture, or name its folder in the test that should read it",
    bad=[{"attractor-core/tests/fixtures/orphan/a.dot": "digraph {}\n"}],
    good=[
        {
            "attractor-core/tests/fixtures/lint/a/good.dot": "digraph {}\n",
            "attractor-core/tests/it/lint.rs": 'const FOLDER: &str = "fixtures/lint";\n',
        }
    ],
)
def fixture_is_read(tree: Tree):
    for path in tree.match(r"attractor-\w+/tests/fixtures/.+"):
        crate, inner = path.split("/tests/fixtures/")
        sources = tree.match(rf"{crate}/(src|tests)/.*\.rs")
        parts = inner.split("/")
        wanted = re.compile("|".join(re.escape(part) for part in (parts[0], parts[-1])))
        if not any(wanted.search(tree.text(source)) for source in sources):
            yield Finding(path, 1, f"nothing in {crate} names `{parts[0]}`")
