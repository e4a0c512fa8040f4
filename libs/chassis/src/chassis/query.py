"""Statements written in SQLAlchemy Core, compiled once at import, run by asyncpg as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled statement: `text` with $1, $2 …, `names` in that order.

    `constants` are the values written into the statement itself (`t.c.status == "open"`); callers never give them.
    """

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        """The positional arguments for asyncpg; TypeError where a name is missing or nobody asked for it."""
        if len(params) + len(self.constants) != len(self.names):
            wanted = set(self.names) - set(self.constants)
            raise TypeError(f"missing {sorted(wanted - set(params))}, unknown {sorted(set(params) - wanted)}")
        if self.constants:
            params = {**self.constants, **params}
        try:
            return [params[name] for name in self.names]
        except KeyError as missing:
            raise TypeError(f"missing {missing}") from missing


def prepare(statement: sa.Executable) -> Query:
    """Compile once, at import. An expanding IN or a literal-execute value is refused: use `= any(array)`.

    Values take no detour through SQLAlchemy's types: what asyncpg accepts for the column is what you give.
    """
    if not isinstance(statement, sa.ClauseElement):
        raise TypeError(f"{type(statement).__name__} cannot be compiled")
    compiled: Any = statement.compile(dialect=_DIALECT)
    if compiled.literal_execute_params or compiled.post_compile_params:
        raise ValueError("an expanding IN is not a fixed text; use col == sa.any_(sa.bindparam(..., type_=ARRAY(…)))")
    names = tuple(compiled.positiontup or ())
    constants = {compiled.bind_names[bind]: bind.value for bind in compiled.binds.values() if not bind.required}
    return Query(
        text=compiled.string,
        names=names,
        constants={name: value for name, value in constants.items() if name in names},
    )
