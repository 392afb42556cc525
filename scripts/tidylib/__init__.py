"""What the rules of `scripts/tidy` share: the tree they read and the way they are declared."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Callable, Iterable

CRATES = ("attractor-core", "attractor-llm", "attractor-agent", "attractor-server")
MEMBERS = CRATES + ("benches", "examples")

# Strings and comments of Rust, so that a rule about code isn't set off by prose.
_TOKENS = re.compile(
    r"""(?P<raw>\bb?r(?P<hash>\#*)".*?"(?P=hash))
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<char>'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\\n])')
      | (?P<comment>//[^\n]*|/\*.*?\*/)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place."""

    path: str
    line: int
    detail: str


@dataclass
class Rule:
    """A rule: its name, what to do when it is broken, and the trees that show that it can be."""

    name: str
    advice: str
    check: Callable[["Tree"], Iterable[Finding]]
    bad: list[dict[str, str]] = field(default_factory=list)
    good: list[dict[str, str]] = field(default_factory=list)


RULES: list[Rule] = []


def rule(name: str, advice: str, bad: list[dict[str, str]], good: list[dict[str, str]] = ()):
    """Registers the decorated check; every rule brings at least one tree that breaks it."""

    def register(check):
        RULES.append(Rule(name, advice, check, list(bad), list(good)))
        return check

    return register


class Tree:
    """The files of a checkout: those git knows or would add, or all where there is no git."""

    def __init__(self, root: Path):
        self.root = root
        self.paths = sorted(self._list())

    def _list(self) -> list[str]:
        if (self.root / ".git").exists():
            command = ["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard", "-z"]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return [path for path in output.split("\0") if path and (self.root / path).is_file()]
        return [
            str((Path(directory) / name).relative_to(self.root))
            for directory, _, names in os.walk(self.root)
            for name in names
        ]

    def match(self, pattern: str) -> list[str]:
        """The paths that a regular expression matches whole."""
        compiled = re.compile(pattern)
        return [path for path in self.paths if compiled.fullmatch(path)]

    def exists(self, path: str) -> bool:
        """Whether a path, file or folder, is in the tree."""
        return (self.root / path).exists()

    @cache
    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    @cache
    def code(self, path: str) -> str:
        """Rust with comments and string contents blanked; every line stays where it was."""

        def blank(match: re.Match) -> str:
            newlines = "\n" * match.group().count("\n")
            return newlines if match.group("comment") else '""' + newlines

        return _TOKENS.sub(blank, self.text(path))

    def grep(self, paths: Iterable[str], pattern: str, raw: bool = False) -> Iterable[Finding]:
        """One finding for each line that the pattern occurs in."""
        compiled = re.compile(pattern)
        for path in paths:
            content = self.text(path) if raw else self.code(path)
            for number, line in enumerate(content.splitlines(), 1):
                if found := compiled.search(line):
                    yield Finding(path, number, found.group().strip())

    def line(self, finding: Finding) -> str:
        """The line, as written, that a finding is about."""
        return self.text(finding.path).splitlines()[finding.line - 1]
