"""Option sets in PostgreSQL: a code is never deleted, it is retired."""

from collections.abc import Sequence

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.texts import Text
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.reference_data import Option, OptionSet
from client_registry.tables.registration_forms import reference_options, reference_sets

_SETS = prepare(
    sa.select(reference_sets)
    .where(
        sa.or_(
            sa.bindparam("set_code", type_=sa.Text()).is_(None),
            reference_sets.c.code == sa.bindparam("set_code", type_=sa.Text()),
        )
    )
    .order_by(reference_sets.c.code)
)
_OPTIONS = prepare(
    sa.select(reference_options)
    .where(
        sa.or_(
            sa.bindparam("set_code", type_=sa.Text()).is_(None),
            reference_options.c.set_code == sa.bindparam("set_code", type_=sa.Text()),
        )
    )
    .order_by(reference_options.c.set_code, reference_options.c.place, reference_options.c.code)
)
_NEW_SET = insert(reference_sets).values({column.name: sa.bindparam(column.name) for column in reference_sets.c})
# An older or the same version changes nothing.
_SAVE_SET = prepare(
    _NEW_SET.on_conflict_do_update(
        index_elements=[reference_sets.c.code],
        set_={column.name: _NEW_SET.excluded[column.name] for column in reference_sets.c if column.name != "code"},
        where=reference_sets.c.version < _NEW_SET.excluded.version,
    )
)
_RETIRE = prepare(
    sa.text(
        "UPDATE reference_options SET retired_in_version = :version "
        "WHERE set_code = :set_code AND retired_in_version IS NULL AND NOT code = ANY (CAST(:codes AS text[]))"
    )
)
_NEW_OPTION = insert(reference_options).values(
    {column.name: sa.bindparam(column.name) for column in reference_options.c if column.name != "retired_in_version"}
)
_SAVE_OPTION = prepare(
    _NEW_OPTION.on_conflict_do_update(
        index_elements=[reference_options.c.set_code, reference_options.c.code],
        set_={
            **{name: _NEW_OPTION.excluded[name] for name in ("place", "text_zh", "text_en", "takes_text")},
            "retired_in_version": None,
        },
    )
)


async def list_sets(tx: Tx, set_code: str | None = None) -> list[OptionSet]:
    """Every set, or the one of that code, with offered and retired codes."""
    options: dict[str, list[Option]] = {}
    for row in await tx.fetch(_OPTIONS, set_code=set_code):
        options.setdefault(row["set_code"], []).append(_option(row))
    return [_set(row, options.get(row["code"], [])) for row in await tx.fetch(_SETS, set_code=set_code)]


async def sets_by_code(tx: Tx) -> dict[str, OptionSet]:
    """Every set by its code."""
    return {each.code: each for each in await list_sets(tx)}


async def save_set(tx: Tx, wanted: OptionSet) -> bool:
    """Whether the version was new; codes it leaves out are retired by it."""
    saved = await tx.execute(
        _SAVE_SET,
        code=wanted.code,
        version=wanted.version,
        valid_from=wanted.valid_from,
        article=wanted.article,
        name_zh=wanted.name.zh,
        name_en=wanted.name.en,
    )
    if not saved:
        return False
    await tx.execute(
        _RETIRE, version=wanted.version, set_code=wanted.code, codes=[option.code for option in wanted.options]
    )
    await tx.executemany(_SAVE_OPTION, _rows(wanted.code, wanted.options))
    return True


def _rows(set_code: str, options: Sequence[Option]) -> list[dict[str, object]]:
    return [
        {
            "set_code": set_code,
            "code": option.code,
            "place": place,
            "text_zh": option.text.zh,
            "text_en": option.text.en,
            "takes_text": option.takes_text,
            "since_version": option.since_version,
        }
        for place, option in enumerate(options, start=1)
    ]


def _option(row: Record) -> Option:
    return Option(
        code=row["code"],
        text=Text(en=row["text_en"], zh=row["text_zh"]),
        takes_text=row["takes_text"],
        since_version=row["since_version"],
        retired_in_version=row["retired_in_version"],
    )


def _set(row: Record, options: list[Option]) -> OptionSet:
    return OptionSet(
        code=row["code"],
        version=row["version"],
        valid_from=row["valid_from"],
        article=row["article"],
        name=Text(en=row["name_en"], zh=row["name_zh"]),
        options=tuple(options),
    )
