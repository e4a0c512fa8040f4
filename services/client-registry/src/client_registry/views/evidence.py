"""What proves how a client was treated as of a moment, for the auditor: masked, without contents of papers (XC-15)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import audit
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.json_values import json_ready
from chassis.masking import mask_identity_number, mask_name
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.evidence import NOTES, PART_MAX, EvidenceTooLarge, future_moment, purpose_missing
from client_registry.domain.figures import REPAYMENT_MONTHS, WINDOW_MONTHS, closed_months
from client_registry.store.clients import IDENTITY, NAME
from client_registry.store.evidence import PARTS, rows_of
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

# Erased or not: that a person is gone takes nothing from what was decided.
_CLIENT = prepare(
    sa.select(clients)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(
        VISIBLE,
        clients.c.id == sa.bindparam("id", type_=sa.Uuid()),
        clients.c.registered_on <= sa.bindparam("day", type_=sa.Date()),
    )
)
# Sealed words of a part, opened under the name they are answered by.
_SEALED = {
    "reason_sealed": ("reason", "revocations.reason"),
    "name_sealed": ("name", "attachments.name"),
}


async def evidence(
    tx: Tx, client_id: UUID, *, as_of: datetime, purpose: str | None, scope: Scope, by: Principal, now: datetime
) -> dict[str, Any]:
    """The parts by name, each a list of rows in a fixed order; the export itself is put on record first.

    Raises NotFound for a client out of scope, unknown, or registered later; Invalid for a moment to come or without a
    purpose, EvidenceTooLarge where a part would have to be cut.
    """
    day = business_day(as_of)
    row = await tx.fetchrow(_CLIENT, id=client_id, day=day, **scope.params())
    if row is None:
        raise NotFound()
    if as_of > now:
        raise future_moment()
    if purpose is None:
        raise purpose_missing()
    await audit.record(
        tx, act="evidence.exported", by=by, object_type="client", object_id=client_id, client_id=client_id,
        purpose=purpose, detail={"as_of": as_of}, at=now,
    )  # fmt: skip
    parts: dict[str, Any] = {"client": [_client(tx, row, day)]}
    for part in PARTS:
        rows = await rows_of(tx, part, client_id, as_of=as_of, day=day, most=PART_MAX + 1)
        if len(rows) > PART_MAX:
            raise EvidenceTooLarge(part=part, most=PART_MAX)
        parts[part] = [_opened(tx, row) for row in rows]
    for decision in parts["decisions"]:
        decision["windows"] = _windows(date.fromisoformat(decision["as_of"]))
    return {
        "client_id": client_id,
        "as_of": as_of,
        "parts": parts,
        "notes": [{"en": note.en, "zh": note.zh} for note in NOTES],
    }


def _client(tx: Tx, row: Record, day: date) -> dict[str, Any]:
    """The person masked, and nobody where he was erased: that holds whatever the moment asked for."""
    erased = row["erased_on"] is not None
    sealed = row["identity_sealed"]
    found = {
        "client_id": row["id"],
        "client_no": row["client_no"],
        "kind": row["kind"],
        "name": None if erased else mask_name(tx.cipher.open(NAME, row["id"], row["name_sealed"])),
        "identity_type": row["identity_type"],
        "identity_number": None
        if sealed is None
        else mask_identity_number(tx.cipher.open(IDENTITY, row["id"], sealed)),
        "registered_on": row["registered_on"],
        "client_since_on": row["client_since_on"],
        "died_on": _by(row["died_on"], day),
        "ended_on": _by(row["ended_on"], day),
        "erased_on": row["erased_on"],
    }
    ready: dict[str, Any] = json_ready(found)
    return ready


def _by(given: date | None, day: date) -> date | None:
    return given if given is not None and given <= day else None


def _opened(tx: Tx, row: Record) -> dict[str, Any]:
    plain = {}
    for name, value in row.items():
        if name in _SEALED:
            said, column = _SEALED[name]
            plain[said] = tx.cipher.open(column, row["id"], value)
        else:
            plain[name] = value
    ready: dict[str, Any] = json_ready(plain)
    return ready


def _windows(as_of: date) -> dict[str, dict[str, str]]:
    """The closed months that a decision of this day looked at."""
    found = {}
    for name, count in (("figures", WINDOW_MONTHS), ("repayment", REPAYMENT_MONTHS)):
        months = closed_months(as_of, count)
        found[name] = {"first_month": months[0].isoformat(), "last_month": months[-1].isoformat()}
    return found
