"""Which test proves which requirement: read off the tests' marks, written as docs/traceability.md."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROW = re.compile(r"^\| ((?:CR|CS|CM|EN|XC)-\d+) \|(.*)\|([^|]*)\|$", re.MULTILINE)
_SERVICES = {
    "CR": "client-registry",
    "CS": "card-service",
    "CM": "complaint-service",
    "EN": "engagement-service",
    "XC": "cross-cutting",
}


class UnknownRequirement(ValueError):
    """A test names a requirement that the catalogue does not have."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue: its id, its words without the source, its scope (core, cfg, rec)."""

    id: str
    words: str
    scope: str


def catalogue(requirements: Path) -> dict[str, Requirement]:
    """The catalogue's rows by id, in its order."""
    rows = _ROW.findall(requirements.read_text(encoding="utf-8"))
    return {
        id_: Requirement(id=id_, words=cells.split(" | ")[0].strip(), scope=scope.strip().split(" ")[0])
        for id_, cells, scope in rows
    }


def marks(tests: Path) -> dict[str, list[str]]:
    """Requirement id → the tests that carry its mark, as ``path::name``, sorted."""
    found: dict[str, list[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        for id_, name in _marks_in(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(id_, []).append(f"{file.relative_to(tests.parent).as_posix()}::{name}")
    return found


def _marks_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                for id_ in _requirement_ids(decorator):
                    yield id_, node.name


def _requirement_ids(decorator: ast.expr) -> Iterator[str]:
    if (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "requirement"
    ):
        for argument in decorator.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def render(root: Path) -> str:
    """The page, from the catalogue and the tests below ``root``. Raises UnknownRequirement."""
    known = catalogue(root / "docs" / "requirements.md")
    proven = marks(root / "tests")
    strangers = sorted(set(proven) - set(known))
    if strangers:
        raise UnknownRequirement(f"not in docs/requirements.md: {', '.join(strangers)}")
    lines = [
        "# Traceability",
        "",
        "Which test proves which requirement. Generated from the tests' marks by `vip traceability --write`; a test keeps it up",
        "to date. A requirement that is not listed has no test that proves it yet.",
        "",
        "| | proven | core proven | core in all |",
        "|---|---|---|---|",
    ]
    for prefix, name in _SERVICES.items():
        ids = [id_ for id_ in known if id_.startswith(prefix + "-")]
        core = [id_ for id_ in ids if known[id_].scope == "core"]
        lines.append(
            f"| {prefix} {name} | {sum(id_ in proven for id_ in ids)} | {sum(id_ in proven for id_ in core)} | {len(core)} |"
        )
    for prefix, name in _SERVICES.items():
        ids = [id_ for id_ in known if id_.startswith(prefix + "-") and id_ in proven]
        if ids:
            lines += ["", f"## {prefix} {name}", "", "| id | requirement | scope | tests |", "|---|---|---|---|"]
            lines += [_row(known[id_], proven[id_]) for id_ in ids]
    return "\n".join(lines) + "\n"


def _row(requirement: Requirement, tests: list[str]) -> str:
    links = "<br>".join(f"`{test}`" for test in sorted(set(tests)))
    return f"| {requirement.id} | {requirement.words} | {requirement.scope} | {links} |"
