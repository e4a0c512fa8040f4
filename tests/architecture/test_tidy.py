"""House rules that imports cannot express: each a function from a parsed file to the lines that break it, with a bad sample."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Rule:
    """What is forbidden, where, and what to do instead; ``bad`` is a sample the rule must catch."""

    name: str
    instead: str
    applies: Callable[[Path], bool]
    finds: Callable[[ast.Module], Iterator[int]]
    bad: str


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def _in(*parts: str) -> Callable[[Path], bool]:
    return lambda path: all(part in path.parts for part in parts)


def _anywhere_but(*tails: str) -> Callable[[Path], bool]:
    return lambda path: not any(path.as_posix().endswith(tail) for tail in tails)


def _service_code(path: Path) -> bool:
    return "services" in path.parts and "migrations" not in path.parts


IMPURE = {
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "uuid4",
    "uuid.uuid4",
    "new_id",
    "open",
    "print",
}


def _impure(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield node.lineno
        if isinstance(node, ast.Import | ast.ImportFrom) and "random" in ast.unparse(node).split():
            yield node.lineno
    yield from (call.lineno for call, name in _calls(tree) if name in IMPURE)


def _commits(tree: ast.Module) -> Iterator[int]:
    yield from (call.lineno for call, name in _calls(tree) if name.endswith((".commit", ".rollback")))


def _environment(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}:
            yield node.lineno


def _floats(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno


def _swallows(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            silent = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
            broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            if node.type is None or (silent and broad):
                yield node.lineno


def _hidden_cycles(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
            yield node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))


def _http_codes(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "HTTPException":
            yield node.lineno
        if (
            isinstance(node, ast.keyword)
            and node.arg == "status_code"
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, int)
            and node.value.value >= 400
        ):
            yield node.value.lineno


def _tasks(tree: ast.Module) -> Iterator[int]:
    yield from (call.lineno for call, name in _calls(tree) if name.split(".")[-1] in {"create_task", "BackgroundTasks"})


def _wordless(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None and "ValueError" in ast.unparse(node.exc):
            yield node.lineno


RULES = (
    Rule(
        "a rule of the domain does no I/O, reads no clock and throws no dice",
        "take time, ids and chance as arguments; the edge supplies them",
        _in("domain"),
        _impure,
        "from datetime import datetime\ndef f():\n    return datetime.now()\n",
    ),
    Rule(
        "only chassis/db.py commits or rolls back",
        "let the edge own the transaction (Database.transaction)",
        # What the listener commits are positions in Kafka, after the transaction.
        _anywhere_but("chassis/db.py", "chassis/listener.py"),
        _commits,
        "async def f(tx):\n    await tx.commit()\n",
    ),
    Rule(
        "services read no environment",
        "declare a field in settings.py",
        _service_code,
        _environment,
        "import os\nHOST = os.environ['HOST']\n",
    ),
    Rule(
        "no float in services: money, limits and rates are Decimal, int or Money",
        "use Decimal or Money",
        _service_code,
        _floats,
        "RATE = 0.35\n",
    ),
    Rule(
        "no error is swallowed",
        "name the exception and do something about it",
        lambda path: True,
        _swallows,
        "try:\n    f()\nexcept Exception:\n    pass\n",
    ),
    Rule(
        "no import is hidden in a function or behind TYPE_CHECKING",
        "break the cycle instead",
        lambda path: "migrations" not in path.parts,
        _hidden_cycles,
        "def f():\n    import json\n",
    ),
    Rule(
        "HTTP refusals are chosen in one place",
        "raise a Refusal; chassis/problems.py knows its status",
        _service_code,
        _http_codes,
        "from fastapi import HTTPException\nraise HTTPException(status_code=404)\n",
    ),
    Rule(
        "services start no task of their own",
        "use due work or an operation",
        _service_code,
        _tasks,
        "import asyncio\nasyncio.create_task(f())\n",
    ),
    Rule(
        "a body that does not hang together is refused in words",
        "raise field_refusal(code, en=…, zh=…): of a ValueError the caller hears nothing but “not valid”",
        lambda path: "api" in path.parts and _service_code(path),
        _wordless,
        'raise ValueError("give one of the two")\n',
    ),
)

DRAWERS = {"utils", "helpers", "common", "misc", "base", "manager", "service"}

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    file for member in ("libs", "services", "gateway") for file in (ROOT / member).rglob("*.py") if "src" in file.parts
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_holds_everywhere(rule: Rule) -> None:
    broken = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in SOURCES
        if rule.applies(file)
        for line in rule.finds(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not broken, f"{rule.name}; {rule.instead}:\n" + "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_catches_its_bad_sample(rule: Rule) -> None:
    assert list(rule.finds(ast.parse(rule.bad)))


def test_no_module_is_a_drawer() -> None:
    drawers = [str(file.relative_to(ROOT)) for file in SOURCES if file.stem in DRAWERS]
    assert not drawers, f"name the module for what it promises: {drawers}"
