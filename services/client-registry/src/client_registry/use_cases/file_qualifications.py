"""Filing qualifications for record (CR-10, CCB Art. 6): a filing, not an approval; checked again at filing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from client_registry.domain.levels import CardLevel
from client_registry.domain.organisation import FILING_KINDS
from client_registry.domain.qualification import FILING_ALL_MAX, LeftOut, check_filing_place
from client_registry.store import evaluation, organisation
from client_registry.store import qualifications as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What a filing did: who was filed, who was named and is not, whether candidates are left for another filing."""

    filing_id: UUID
    filed: list[UUID]
    not_filed: dict[UUID, LeftOut]
    more: bool


async def file_qualifications(
    tx: Tx,
    *,
    level: CardLevel,
    client_ids: Sequence[UUID] | None,
    paths: Sequence[str],
    by: Principal,
    now: datetime,
    validate_only: bool,
) -> Filed:
    """Files the candidates of a level below the filer's places, all of them or the named ones.

    Every one is evaluated again with the figures of this moment; who no longer meets the standard, is undecided, or is
    no candidate there is not filed. At most FILING_ALL_MAX in one filing. Raises FilingNotAuthorised.
    """
    units = [unit for unit in await organisation.list_units(tx) if unit.path in paths]
    check_filing_place([unit.kind for unit in units])
    places = [unit for unit in units if unit.kind in FILING_KINDS]
    found = await store.candidates(
        tx, level=level, paths=[unit.path for unit in places], client_ids=client_ids, size=FILING_ALL_MAX + 1
    )
    locked = await evaluation.lock_these(tx, found[:FILING_ALL_MAX])
    filing_id, today = new_id(), business_day(now)
    if validate_only:
        filed = await evaluation.try_out(tx, locked, level=level.value, as_of=today, now=now)
    else:
        await evaluation.decide(tx, locked, run_id=filing_id, as_of=today, cut_off_at=now)
        await evaluation.follow(tx, locked, run_id=filing_id, as_of=today, now=now)
        filed = set(await store.file_met(tx, filing_id=filing_id, client_ids=locked, level=level, today=today))
        await store.add_filing(
            tx, filing_id=filing_id, unit_id=places[0].id, level=level, by=by.subject, filed=len(filed), now=now
        )
        await audit.record(
            tx, act="qualification.filed", by=by, object_type="qualification-filing", object_id=filing_id,
            detail={"level": level.value, "filed": len(filed), "unit_id": str(places[0].id)}, at=now,
        )  # fmt: skip
    left = [client_id for client_id in (locked if client_ids is None else client_ids) if client_id not in filed]
    known = await store.filed_already(tx, level=level, paths=[unit.path for unit in places], client_ids=left)
    return Filed(
        filing_id=filing_id,
        filed=sorted(filed),
        not_filed={client_id: _why(client_id, known=known, evaluated=set(locked)) for client_id in left},
        more=len(found) > FILING_ALL_MAX,
    )


def _why(client_id: UUID, *, known: set[UUID], evaluated: set[UUID]) -> LeftOut:
    if client_id in known:
        return LeftOut.FILED_ALREADY
    return LeftOut.NO_LONGER_MEETS if client_id in evaluated else LeftOut.NO_CANDIDATE
