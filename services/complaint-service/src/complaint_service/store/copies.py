"""Our copies of what the registry says: units, postings, clients, the working calendar; and the published policies."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.calendar import WorkingCalendar
from chassis.db import Tx
from chassis.json_values import dumps
from chassis.query import Query, prepare

from complaint_service import tables as t
from complaint_service.domain.case import Case
from complaint_service.domain.clients import Client
from complaint_service.domain.policy import HandlingPolicy, from_document
from complaint_service.domain.refusals import ClientNotKnown
from complaint_service.domain.routing import Candidate, Line, Unit
from complaint_service.domain.vocabulary import ServiceTier
from complaint_service.store.statements import save_row

_SAVE_UNIT = save_row(t.units, "id")
_SAVE_POSTING = save_row(t.postings, "subject", "unit_id", "role")
_SAVE_CALENDAR = save_row(t.working_calendars, "version")
_SAVE_CLIENTS = prepare(
    sa.text(
        """
        INSERT INTO clients (id, kind, service_tier, card_level, home_unit_id, serving_unit_ids, manager)
        SELECT c.id, c.kind, c.tier, c.level, c.home,
               ARRAY(SELECT CAST(u AS uuid) FROM jsonb_array_elements_text(CAST(c.serving AS jsonb)) AS u), c.manager
        FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:tiers AS text[]), CAST(:levels AS text[]),
                    CAST(:homes AS uuid[]), CAST(:servings AS text[]), CAST(:managers AS text[]))
             AS c(id, kind, tier, level, home, serving, manager)
        ON CONFLICT (id) DO UPDATE
        SET kind = excluded.kind, service_tier = excluded.service_tier, card_level = excluded.card_level,
            home_unit_id = excluded.home_unit_id, serving_unit_ids = excluded.serving_unit_ids,
            manager = excluded.manager
        """
    )
)
_CLIENT = sa.bindparam("client_id", type_=sa.Uuid)


def _change_client(*names: str) -> Query:
    values = {name: sa.bindparam(name, type_=t.clients.c[name].type) for name in names}
    return prepare(sa.update(t.clients).where(t.clients.c.id == _CLIENT).values(values))


_MOVE_CLIENT = _change_client("home_unit_id", "serving_unit_ids")
_SET_TIER = _change_client("service_tier", "card_level")
_SET_MANAGERS = prepare(
    sa.text(
        """
        WITH before AS (
            SELECT c.id, c.manager, g.manager AS given
            FROM clients c JOIN unnest(CAST(:client_ids AS uuid[]), CAST(:managers AS text[])) AS g(id, manager)
                 ON g.id = c.id
            ORDER BY c.id FOR UPDATE OF c
        ), changed AS (
            UPDATE clients c SET manager = before.given FROM before WHERE c.id = before.id
        )
        SELECT id, manager FROM before
        """
    )
)
_SET_REVOKED = _change_client("qualification_revoked_on")
_SET_CARD_LEVEL = _change_client("card_level")
_FIND_CLIENT = prepare(sa.select(t.clients).where(t.clients.c.id == _CLIENT))
_PATH = prepare(sa.select(t.units.c.path).where(t.units.c.id == sa.bindparam("unit_id")))
_PATHS = prepare(
    sa.text(
        """
        SELECT path FROM units
        WHERE id = ANY(CAST(:unit_ids AS uuid[])) OR id = (SELECT home_unit_id FROM clients WHERE id = :client_id)
        """
    )
)
_UNIT_AT = prepare(sa.select(t.units.c.id).where(t.units.c.path == sa.bindparam("path")))
_LINE = prepare(
    sa.text(
        """
        SELECT id, path, kind, parent_id FROM units
        WHERE active AND (path = ANY(CAST(:paths AS text[])) OR kind = 'department' AND parent_id IN
              (SELECT id FROM units WHERE path = ANY(CAST(:paths AS text[]))))
        ORDER BY length(path) DESC, path
        """
    )
)
_CANDIDATES = prepare(
    sa.text(
        """
        SELECT p.subject, p.role, p.unit_id,
               (SELECT count(*) FROM cases AS c WHERE c.handler = p.subject AND c.status <> 'closed') AS open_cases
        FROM postings AS p
        WHERE (p.role = ANY(CAST(:roles AS text[])) AND p.unit_id = ANY(CAST(:unit_ids AS uuid[]))
               OR p.role = ANY(CAST(:bank_roles AS text[])))
          AND p.from_on <= :day AND (p.until_on IS NULL OR p.until_on >= :day)
        """
    )
)
_ACTIVE_POLICY = prepare(
    sa.select(t.handling_policies)
    .where(t.handling_policies.c.active_from <= sa.bindparam("now"))
    .order_by(t.handling_policies.c.version.desc())
    .limit(1)
)
_POLICY = prepare(sa.select(t.handling_policies).where(t.handling_policies.c.version == sa.bindparam("version")))
_CALENDAR = prepare(sa.select(t.working_calendars).order_by(t.working_calendars.c.version.desc()).limit(1))


async def save_unit(
    tx: Tx,
    *,
    unit_id: UUID,
    parent_id: UUID | None,
    kind: str,
    path: str,
    name_zh: str,
    name_en: str,
    active: bool,
) -> None:
    """The newest state of a unit."""
    await tx.execute(
        _SAVE_UNIT,
        id=unit_id,
        parent_id=parent_id,
        kind=kind,
        path=path,
        name_zh=name_zh,
        name_en=name_en,
        active=active,
    )


async def save_posting(tx: Tx, *, subject: str, unit_id: UUID, role: str, from_on: date, until_on: date | None) -> None:
    """A person's role at a unit; `until_on` is the last day that counts."""
    await tx.execute(_SAVE_POSTING, subject=subject, unit_id=unit_id, role=role, from_on=from_on, until_on=until_on)


async def save_calendar(tx: Tx, calendar: WorkingCalendar) -> None:
    """A published version of the working calendar."""
    await tx.execute(
        _SAVE_CALENDAR,
        version=calendar.version,
        off_days=sorted(calendar.off_days),
        work_days=sorted(calendar.work_days),
        noticed_years=sorted(calendar.noticed_years),
    )


async def save_clients(tx: Tx, rows: Sequence[tuple[UUID, str, str, str, UUID, list[UUID], str | None]]) -> None:
    """Many clients in one statement: id, kind, tier, card level, home unit, serving units, manager; an id once."""
    ids, kinds, tiers, levels, homes, servings, managers = zip(*rows, strict=True)
    await tx.execute(
        _SAVE_CLIENTS,
        ids=ids,
        kinds=kinds,
        tiers=tiers,
        levels=levels,
        homes=homes,
        servings=[dumps(serving) for serving in servings],
        managers=managers,
    )


async def move_client(tx: Tx, client_id: UUID, *, home_unit_id: UUID, serving_unit_ids: list[UUID]) -> None:
    """The client's file is kept elsewhere now. Raises ClientNotKnown."""
    _found(
        await tx.execute(
            _MOVE_CLIENT, client_id=client_id, home_unit_id=home_unit_id, serving_unit_ids=serving_unit_ids
        )
    )


async def set_tier(tx: Tx, client_id: UUID, *, service_tier: str, card_level: str) -> None:
    """The client's present tier and card level. Raises ClientNotKnown."""
    _found(await tx.execute(_SET_TIER, client_id=client_id, service_tier=service_tier, card_level=card_level))


async def set_managers(tx: Tx, managers: Mapping[UUID, str]) -> dict[UUID, str | None]:
    """Each client's relationship manager; gives the earlier ones. Raises ClientNotKnown when one is not known."""
    rows = await tx.fetch(_SET_MANAGERS, client_ids=list(managers), managers=list(managers.values()))
    if len(rows) < len(managers):
        raise ClientNotKnown()
    return {row["id"]: row["manager"] for row in rows}


async def set_revoked(tx: Tx, client_id: UUID, on: date) -> None:
    """The day the client's qualification was revoked. Raises ClientNotKnown."""
    _found(await tx.execute(_SET_REVOKED, client_id=client_id, qualification_revoked_on=on))


async def drop_card_level(tx: Tx, client_id: UUID) -> None:
    """The client holds no card level any more. Raises ClientNotKnown."""
    _found(await tx.execute(_SET_CARD_LEVEL, client_id=client_id, card_level="none"))


async def get_client(tx: Tx, client_id: UUID) -> Client:
    """Our copy of a client. Raises ClientNotKnown."""
    row = await tx.fetchrow(_FIND_CLIENT, client_id=client_id)
    if row is None:
        raise ClientNotKnown()
    return Client(
        id=row["id"],
        service_tier=ServiceTier(row["service_tier"]),
        home_unit_id=row["home_unit_id"],
        serving_unit_ids=tuple(row["serving_unit_ids"]),
        manager=row["manager"],
    )


async def find_path(tx: Tx, unit_id: UUID | None) -> str | None:
    """A unit's path; None where the unit is not known here."""
    path: str | None = await tx.fetchval(_PATH, unit_id=unit_id)
    return path


async def list_paths(tx: Tx, case: Case) -> list[str]:
    """The places of a case: the handling unit, the client's home unit, the outlet it is about."""
    rows = await tx.fetch(_PATHS, unit_ids=[case.round.unit_id, case.about_unit_id], client_id=case.client_id)
    return [row["path"] for row in rows]


async def find_unit_at(tx: Tx, path: str) -> UUID | None:
    """The unit at a path; None where it is not known here."""
    found: UUID | None = await tx.fetchval(_UNIT_AT, path=path)
    return found


async def line_from(tx: Tx, unit_id: UUID | None) -> Line:
    """The units from one up to head office, each with its departments; empty where the unit is not known here."""
    path = await find_path(tx, unit_id)
    if path is None:
        return Line(units=())
    parts = path.strip("/").split("/")
    paths = ["/" + "/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1)]
    rows = await tx.fetch(_LINE, paths=paths)
    units = [Unit(id=r["id"], path=r["path"], kind=r["kind"], parent_id=r["parent_id"]) for r in rows]
    above = tuple(unit for unit in units if unit.path in paths)
    return Line(
        units=above,
        departments={
            unit.id: tuple(d.id for d in units if d.parent_id == unit.id and d.path not in paths) for unit in above
        },
    )


async def list_candidates(
    tx: Tx, roles: set[str], lines: Sequence[Line], *, bank_roles: set[str], on: date
) -> tuple[Candidate, ...]:
    """Who holds one of the roles on that day in one of the lines, or one of `bank_roles` anywhere."""
    unit_ids = {u.id for line in lines for u in line.units} | {
        d for line in lines for departments in line.departments.values() for d in departments
    }
    rows = await tx.fetch(
        _CANDIDATES, roles=sorted(roles), unit_ids=sorted(unit_ids), bank_roles=sorted(bank_roles), day=on
    )
    return tuple(Candidate(**dict(row)) for row in rows)


async def active_policy(tx: Tx, now: datetime) -> HandlingPolicy:
    """The published policy that is in force."""
    row = await tx.fetchrow(_ACTIVE_POLICY, now=now)
    if row is None:
        raise LookupError("no handling policy is in force: the migration publishes the first one")
    return from_document(row["version"], row["document"])


async def get_policy(tx: Tx, version: int) -> HandlingPolicy:
    """A published policy by its version."""
    row = await tx.fetchrow(_POLICY, version=version)
    if row is None:
        raise LookupError(f"there is no handling policy {version}")
    return from_document(row["version"], row["document"])


async def find_calendar(tx: Tx) -> WorkingCalendar | None:
    """The newest working calendar heard of; None where none was."""
    row = await tx.fetchrow(_CALENDAR)
    if row is None:
        return None
    return WorkingCalendar(
        version=row["version"],
        off_days=frozenset(row["off_days"]),
        work_days=frozenset(row["work_days"]),
        noticed_years=frozenset(row["noticed_years"]),
    )


def _found(rows: int) -> None:
    if not rows:
        raise ClientNotKnown()
