"""The organisation as far as cards need it: where a unit stands and whose stock serves it."""

from dataclasses import dataclass
from uuid import UUID

FIRST_LEVEL_BRANCH = "first_level_branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit. `path` is like `/hq/bj/bj-01/`; `branch_code` the letters of a first-level branch."""

    id: UUID
    path: str
    kind: str
    code: str
    branch_code: str | None
    active: bool


def line(path: str) -> tuple[str, ...]:
    """A unit's path and those of the units above it, nearest first.

    Head office is left out: cards carry a branch's letters and lie with the branches (CS-8, CS-9, CS-18).
    """
    steps = path.strip("/").split("/")
    upward = tuple(f"/{'/'.join(steps[:depth])}/" for depth in range(len(steps), 1, -1))
    return upward or (path,)
