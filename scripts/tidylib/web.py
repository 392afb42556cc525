"""What the web UI is made of: other people's files as they were written, ours without other hosts."""

import hashlib
import re

from . import Finding, Tree, rule

VENDOR = "attractor-server/web/vendor"
ROW = re.compile(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
EMPTY = hashlib.sha256(b"").hexdigest()
ABSENT = "| file | SHA-256 |\n|---|---|\n"


@rule(
    "vendor-is-as-written",
    "run scripts/update-web-vendor: nobody edits these files by hand",
    bad=[
        {f"{VENDOR}/a.js": ""},
        {f"{VENDOR}/a.js": "x", f"{VENDOR}/README.md": f"{ABSENT}| `a.js` | `{EMPTY}` |\n"},
        {f"{VENDOR}/README.md": f"{ABSENT}| `a.js` | `{EMPTY}` |\n"},
    ],
    good=[{f"{VENDOR}/a.js": "", f"{VENDOR}/README.md": f"{ABSENT}| `a.js` | `{EMPTY}` |\n"}],
)
def vendor_is_as_written(tree: Tree):
    readme = f"{VENDOR}/README.md"
    sums = dict(ROW.findall(tree.text(readme))) if tree.exists(readme) else {}
    there = {path.removeprefix(f"{VENDOR}/"): path for path in tree.match(f"{VENDOR}/.*")}
    there.pop("README.md", None)
    for name in sorted(there.keys() | sums.keys()):
        path = there.get(name, readme)
        found = hashlib.sha256((tree.root / path).read_bytes()).hexdigest() if name in there else None
        if found != sums.get(name):
            yield Finding(path, 1, f"{name}: SHA-256 {found}, the README says {sums.get(name)}")
