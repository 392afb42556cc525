"""What the prose keeps: links that lead somewhere, numbers given once."""

import re
from pathlib import PurePosixPath

from . import Finding, Tree, rule

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|^\[[^\]\n]+\]:\s*(\S+)", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)


def _prose(text: str) -> str:
    """Markdown without code, each line where it was."""
    text = FENCE.sub(lambda fence: "\n" * fence.group().count("\n"), text)
    return re.sub(r"`[^`\n]*`", "code", text)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+\s+(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _resolve(path: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / target).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@rule(
    "links-resolve",
    "correct the link; it is relative to the file that it stands in",
    bad=[
        {"docs/a.md": "[b](b.md)\n"},
        {"docs/a.md": "[b](#nowhere)\n"},
        {"README.md": "[b]: docs/gone.md\n"},
    ],
    good=[
        {"docs/a.md": "# A title\n\n[b](../README.md) [c](#a-title)\n", "README.md": "hello\n"},
        {"docs/a.md": "`[b](b.md)`\n"},
    ],
)
def links_resolve(tree: Tree):
    for path in tree.match(r".*\.md"):
        prose = _prose(tree.text(path))
        for found in LINK.finditer(prose):
            link = found.group(1) or found.group(2)
            if re.match(r"[a-z][a-z+.-]*:", link) or "/tests/fixtures/" in path:
                continue
            target, _, anchor = link.partition("#")
            resolved = _resolve(path, target) if target else path
            missing = not tree.exists(resolved)
            if not missing and anchor and resolved.endswith(".md"):
                missing = anchor not in _anchors(tree.text(resolved))
            if missing:
                yield Finding(path, prose.count("\n", 0, found.start()) + 1, link)


@rule(
    "decision-records",
    "take the next free number, name the file NNNN-what-was-decided.md and begin it with "
    "`# NNNN. Title`",
    bad=[
        {"docs/adr/0001-a.md": "# 0001. A\n", "docs/adr/0001-b.md": "# 0001. B\n"},
        {"docs/adr/first.md": "# A\n"},
        {"docs/adr/0001-a.md": "# 0002. A\n"},
    ],
    good=[{"docs/adr/0001-a.md": "# 0001. A\n", "docs/adr/0002-b.md": "# 0002. B\n"}],
)
def decision_records(tree: Tree):
    seen: dict[str, str] = {}
    for path in tree.match(r"docs/adr/.*"):
        found = re.fullmatch(r"docs/adr/(\d{4})-[a-z0-9-]+\.md", path)
        if not found:
            yield Finding(path, 1, "its name is not of the form")
            continue
        number = found.group(1)
        if number in seen:
            yield Finding(path, 1, f"number taken by {seen[number]}")
        seen[number] = path
        if not re.match(rf"# {number}\b", tree.text(path)):
            yield Finding(path, 1, "its heading has another number")


@rule(
    "changelog-unreleased-first",
    "begin CHANGELOG.md's list of versions with `## [Unreleased]`; an entry starts with its crate",
    bad=[
        {"CHANGELOG.md": "# Changelog\n\n## [0.1.0]\n"},
        {"CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a thing\n"},
    ],
    good=[{"CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- **attractor-core**: a thing\n"}],
)
def changelog(tree: Tree):
    if not tree.exists("CHANGELOG.md"):
        return
    text = tree.text("CHANGELOG.md")
    first = re.search(r"^## (.+)$", text, re.MULTILINE)
    if not first or not first.group(1).startswith("[Unreleased]"):
        yield Finding("CHANGELOG.md", 1, "Unreleased is not first")
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("- ") and not re.match(r"- \*\*(attractor-\w+|workspace)\*\*:", line):
            yield Finding("CHANGELOG.md", number, line[:60])


@rule(
    "paths-in-prose-exist",
    "correct the path, or write `<name>` in it where it stands for many",
    bad=[{"docs/a.md": "See `attractor-core/src/gone.rs`.\n"}],
    good=[{"docs/a.md": "See `attractor-core/src/lib.rs`, `attractor-core/src/` and `attractor-core/src/<name>.rs`.\n"}],
)
def paths_in_prose_exist(tree: Tree):
    named = re.compile(r"`((?:attractor-\w+|docs|scripts|examples|benches|\.ci)/[\w./-]*)`")
    for path in tree.match(r"(docs/.*|CONTRIBUTING|README|attractor-\w+/README)\.md"):
        text = tree.text(path)
        for found in named.finditer(text):
            if not tree.exists(found.group(1)):
                yield Finding(path, text.count("\n", 0, found.start()) + 1, found.group(1))


def _test_exists(tree: Tree, name: str) -> bool:
    """`attractor_core::tests::a::b` is `fn b` in tests/it/a; anything else is inline in src/."""
    crate, *modules, function = name.split("::")
    folder = crate.replace("_", "-")
    if modules[:1] == ["tests"]:
        base, modules = f"{folder}/tests/it/", modules[1:]
    else:
        base, modules = f"{folder}/src/", [module for module in modules if module != "tests"]
    wanted = re.compile(rf"fn {function}\b")
    for path in tree.match(re.escape(base) + r".*\.rs"):
        parts = path.removeprefix(base).removesuffix(".rs").removesuffix("/mod").split("/")
        if modules[: len(parts)] == parts and wanted.search(tree.code(path)):
            return True
    return False


@rule(
    "conformance-names-tests",
    "name a test that exists in a row that is done, and in no row one that doesn't",
    bad=[
        {"docs/conformance.md": "| 1.1.1 | a line | done | |\n"},
        {"docs/conformance.md": "| 1.1.1 | a line | done | `attractor_core::tests::a::gone` |\n"},
    ],
    good=[
        {
            "docs/conformance.md": "| 1.1.1 | x | done | `attractor_core::tests::a::there` |\n| 1.1.2 | y | open | |\n",
            "attractor-core/tests/it/a.rs": "#[test]\nfn there() {}\n",
        }
    ],
)
def conformance_names_tests(tree: Tree):
    if not tree.exists("docs/conformance.md"):
        return
    for number, line in enumerate(tree.text("docs/conformance.md").splitlines(), 1):
        if not re.match(r"\| \d+\.\d+\.\d+ \|", line):
            continue
        tests = re.findall(r"`(attractor_\w+(?:::\w+)+)`", line)
        if re.search(r"\| done \|", line) and not tests:
            yield Finding("docs/conformance.md", number, "done without a test")
        for name in tests:
            if not _test_exists(tree, name):
                yield Finding("docs/conformance.md", number, f"no such test: {name}")


@rule(
    "conformance-counts",
    "correct the totals at the head of docs/conformance.md to what its rows say",
    bad=[{"docs/conformance.md": "| a-spec | 1 | 0 | 0 |\n\n# a-spec\n\n| 1.1.1 | x | open | |\n"}],
    good=[{"docs/conformance.md": "| a-spec | 0 | 1 | 2 |\n\n# a-spec\n\n| 1.1.1 | x | open | part | open | y |\n"}],
)
def conformance_counts(tree: Tree):
    if not tree.exists("docs/conformance.md"):
        return
    lines = tree.text("docs/conformance.md").splitlines()
    counts: dict[str, dict[str, int]] = {}
    section = ""
    for line in lines:
        if found := re.match(r"# ([\w-]+)$", line):
            section = found.group(1)
            counts[section] = dict.fromkeys(("done", "part", "open"), 0)
        elif re.match(r"\| \d+\.\d+\.\d+ \|", line):
            for cell in re.findall(r"(?<=\| )(done|part|open)(?= \|)", line):
                counts[section][cell] += 1
    for number, line in enumerate(lines, 1):
        found = re.match(r"\| ([\w-]+) \| (\d+) \| (\d+) \| (\d+) \|$", line)
        if found and found.group(1) in counts:
            right = counts[found.group(1)]
            if [int(cell) for cell in found.groups()[1:]] != list(right.values()):
                yield Finding("docs/conformance.md", number, f"it is {' / '.join(map(str, right.values()))}")
