"""The registration form and its history as they are answered: in scope only, masked unless a purpose was given."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.identity import Grant
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain.clients import Consent
from client_registry.domain.registration_form import FIELDS, Answer, masked
from client_registry.store.registration_forms import AFTER, BEFORE, answers_of, fields_of, form_header
from client_registry.tables.organisation import units
from client_registry.tables.registration_forms import client_changes
from client_registry.views import clients as files

_CHANGES = prepare(
    sa.select(client_changes)
    .where(
        client_changes.c.client_id == sa.bindparam("client_id", type_=sa.Uuid()),
        sa.or_(
            sa.bindparam("before", type_=sa.Uuid()).is_(None),
            client_changes.c.id < sa.bindparam("before", type_=sa.Uuid()),
        ),
    )
    .order_by(client_changes.c.id.desc())
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_SERVING = prepare(sa.select(units.c.path).where(units.c.id == sa.any_(sa.bindparam("unit_ids"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a field comes from (CR-75), and what became of it since (CR-79)."""

    field: str
    source: str
    collector: str
    collected_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    doubted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """The whole form as the caller sees it."""

    file: files.ClientFile
    version: int
    form_on: date | None
    answers: dict[str, Answer]
    consent: Consent | None
    origins: list[Origin]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One entry of the history."""

    id: UUID
    field: str
    group: str
    before: str | None
    after: str | None
    source: str
    changed_by: str
    changed_at: datetime


async def get_form(tx: Tx, client_id: UUID, *, scope: Scope, open_: bool) -> FormView:
    """The form of a client in scope, else NotFound; texts masked unless `open_`, which the caller has audited."""
    file = await files.get_file(tx, client_id, scope=scope, masked=not open_)
    version, form_on = await form_header(tx, client_id)
    rows = await fields_of(tx, client_id)
    consent, _ = await files.consent_on_file(tx, client_id)
    return FormView(
        file=file,
        version=version,
        form_on=form_on,
        answers={name: answer if open_ else _masked(name, answer) for name, answer in answers_of(tx, rows).items()},
        consent=consent,
        origins=[_origin(row) for row in rows],
    )


async def form_version(tx: Tx, client_id: UUID) -> int:
    """The form's version; 0 where nobody has filled one in."""
    return (await form_header(tx, client_id))[0]


async def roles_at(tx: Tx, file: Record, *, subject: str, grants: list[Grant]) -> frozenset[str]:
    """The roles by which somebody reaches this file: as its manager, or at a place that keeps it or serves the client."""
    paths = [file["home_path"]]
    if file["serving_unit_ids"]:
        paths += [row["path"] for row in await tx.fetch(_SERVING, unit_ids=list(file["serving_unit_ids"]))]
    return frozenset(
        grant.role
        for grant in grants
        if (
            file["manager"] == subject
            if grant.reach == "own"
            else any(path.startswith(grant.unit_path) for path in paths)
        )
    )


async def list_changes(
    tx: Tx, client_id: UUID, *, before: UUID | None, size: int, open_: bool
) -> list[PastChange]:  # fmt: skip
    """The history of a client's information, the latest first; the caller has seen that the file is in scope."""
    return [
        _past(tx, row, open_=open_) for row in await tx.fetch(_CHANGES, client_id=client_id, before=before, size=size)
    ]


def _past(tx: Tx, row: Record, *, open_: bool) -> PastChange:
    before, after = (
        None if row[column] is None else tx.cipher.open(bound, row["id"], row[column])
        for column, bound in (("from_sealed", BEFORE), ("to_sealed", AFTER))
    )
    field = row["field"]
    return PastChange(
        id=row["id"],
        field=field,
        group=row["information_group"],
        before=before if open_ else masked(field, before),
        after=after if open_ else masked(field, after),
        source=row["source"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
    )


def _masked(name: str, answer: Answer) -> Answer:
    return answer if answer.text is None or name not in FIELDS else Answer(text=masked(name, answer.text))


def _origin(row: Record) -> Origin:
    return Origin(
        field=row["field"],
        source=row["source"],
        collector=row["collector"],
        collected_at=row["collected_at"],
        verified_at=row["verified_at"],
        verified_by=row["verified_by"],
        doubted_at=row["doubted_at"],
    )
