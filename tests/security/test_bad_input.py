"""The page about bad input names tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/.-]+\.py)::(\w+)`")


def test_every_test_the_page_names_exists() -> None:
    named = NAMED.findall((ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8"))
    assert len(named) >= 20
    missing = []
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8")) if (ROOT / file).is_file() else ast.Module([], [])
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        if name not in functions:
            missing.append(f"{file}::{name}")
    assert not missing


def test_every_row_of_the_page_names_its_test() -> None:
    rows = [
        row for row in (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8").splitlines() if row.startswith("| ")
    ]
    assert [row for row in rows[1:] if not NAMED.search(row)] == []
