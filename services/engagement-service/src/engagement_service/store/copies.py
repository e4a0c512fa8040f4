"""Our copies of what the registry says: units, relationships, the working calendar. Whole batches in one statement each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.calendar import WorkingCalendar
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from engagement_service.domain.cadence import CadencePolicy, Floor
from engagement_service.tables import cadence_policies, org_units, relationships, working_calendars

_unit = insert(org_units).values(
    id=sa.bindparam("id"),
    path=sa.bindparam("path"),
    kind=sa.bindparam("kind"),
    code=sa.bindparam("code"),
    active=sa.bindparam("active"),
)
_SAVE_UNIT = prepare(
    _unit.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _unit.excluded[name] for name in ("path", "kind", "code", "active")},
    )
)

_SAVE_REGISTERED = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, home_unit_id, serving_unit_ids, manager, service_tier, card_level,
                                   asset_band, known_since)
        SELECT client_id, home_unit_id, serving_unit_ids, manager, service_tier, card_level, asset_band, registered_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, home_unit_id uuid, serving_unit_ids uuid[],
             manager text, service_tier text, card_level text, asset_band text, registered_on date)
        ON CONFLICT (client_id) DO UPDATE SET
            home_unit_id = excluded.home_unit_id, serving_unit_ids = excluded.serving_unit_ids,
            manager = excluded.manager, known_since = excluded.known_since
        """
    )
)

# Facts of other topics may speak of a client before his registration has reached us: the row is begun with what is known.
_SAVE_CONSENTS = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, marketing, events, channels, wished_interval, known_since)
        SELECT client_id, marketing, events, channels, wished_interval, seen_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, marketing boolean, events boolean,
             channels text[], wished_interval text, seen_on date)
        ON CONFLICT (client_id) DO UPDATE SET marketing = excluded.marketing, events = excluded.events,
            channels = excluded.channels, wished_interval = excluded.wished_interval
        """
    )
)

_SAVE_HOLDINGS = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, asset_band, known_since)
        SELECT client_id, asset_band, seen_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, asset_band text, seen_on date)
        ON CONFLICT (client_id) DO UPDATE SET asset_band = excluded.asset_band
        """
    )
)

_SAVE_CLASSES = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, value_class, known_since)
        SELECT client_id, value_class, seen_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, value_class text, seen_on date)
        ON CONFLICT (client_id) DO UPDATE SET value_class = excluded.value_class
        """
    )
)

_SAVE_MANAGERS = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, manager, known_since)
        SELECT client_id, manager, seen_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, manager text, seen_on date)
        ON CONFLICT (client_id) DO UPDATE SET manager = excluded.manager
        """
    )
)

_LOCK_MANAGERS = prepare(
    sa.text(
        "SELECT client_id, manager FROM relationships WHERE client_id = ANY(CAST(:client_ids AS uuid[])) "
        "ORDER BY client_id FOR UPDATE"
    )
)

_SAVE_LEVELS = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, service_tier, card_level, known_since)
        SELECT client_id, service_tier, card_level, seen_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, service_tier text, card_level text,
             seen_on date)
        ON CONFLICT (client_id) DO UPDATE SET service_tier = excluded.service_tier, card_level = excluded.card_level
        """
    )
)

_SAVE_CALENDAR = prepare(
    insert(working_calendars)
    .values(
        version=sa.bindparam("version"),
        off_days=sa.bindparam("off_days"),
        work_days=sa.bindparam("work_days"),
        noticed_years=sa.bindparam("noticed_years"),
    )
    .on_conflict_do_nothing(index_elements=["version"])
)

_KEEPER = prepare(
    sa.select(relationships.c.manager, relationships.c.home_unit_id, org_units.c.path)
    .outerjoin(org_units, org_units.c.id == relationships.c.home_unit_id)
    .where(relationships.c.client_id == sa.bindparam("client_id"))
)

_CALENDAR = prepare(sa.select(working_calendars).order_by(working_calendars.c.version.desc()).limit(1))

_POLICY = prepare(
    sa.select(cadence_policies)
    .where(cadence_policies.c.valid_from <= sa.bindparam("on"))
    .order_by(cadence_policies.c.version.desc())
    .limit(1)
)

_PATH = prepare(sa.select(org_units.c.path).where(org_units.c.id == sa.bindparam("unit_id")))


async def find_path(tx: Tx, unit_id: UUID) -> str | None:
    """A unit's path; None where the unit is not known here."""
    path: str | None = await tx.fetchval(_PATH, unit_id=unit_id)
    return path


async def keeper_of(tx: Tx, client_id: UUID) -> Record | None:
    """Manager, home unit and its path of a client; None for one we were not told of."""
    return await tx.fetchrow(_KEEPER, client_id=client_id)


async def save_unit(tx: Tx, **unit: Any) -> None:
    await tx.execute(_SAVE_UNIT, **unit)


async def save_registered(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    await tx.execute(_SAVE_REGISTERED, rows=list(rows))


async def save_consents(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    await tx.execute(_SAVE_CONSENTS, rows=list(rows))


async def save_holdings(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    await tx.execute(_SAVE_HOLDINGS, rows=list(rows))


async def save_classes(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    await tx.execute(_SAVE_CLASSES, rows=list(rows))


async def save_managers(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> dict[UUID, str | None]:
    """Who keeps each relationship from now on; gives who did before, for the clients we knew."""
    before = await tx.fetch(_LOCK_MANAGERS, client_ids=[UUID(row["client_id"]) for row in rows])
    await tx.execute(_SAVE_MANAGERS, rows=list(rows))
    return {row["client_id"]: row["manager"] for row in before}


async def save_levels(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    await tx.execute(_SAVE_LEVELS, rows=list(rows))


async def save_calendar(
    tx: Tx, *, version: int, off_days: Sequence[date], work_days: Sequence[date], noticed_years: Sequence[int]
) -> bool:
    """Keep a calendar version; False where it was known already."""
    rows = await tx.execute(
        _SAVE_CALENDAR,
        version=version,
        off_days=list(off_days),
        work_days=list(work_days),
        noticed_years=list(noticed_years),
    )
    return rows == 1


async def newest_calendar(tx: Tx) -> WorkingCalendar | None:
    """The newest calendar we were told of; None before the first: then planning waits, it does not guess."""
    row = await tx.fetchrow(_CALENDAR)
    if row is None:
        return None
    return WorkingCalendar(
        version=row["version"],
        off_days=frozenset(row["off_days"]),
        work_days=frozenset(row["work_days"]),
        noticed_years=frozenset(row["noticed_years"]),
    )


async def cadence_policy(tx: Tx, *, on: date) -> CadencePolicy:
    """The contact floors in force on a day."""
    row = await tx.fetchrow(_POLICY, on=on)
    if row is None:
        raise LookupError(f"no cadence policy is in force on {on}")
    return CadencePolicy(
        version=row["version"],
        valid_from=row["valid_from"],
        floors=tuple(Floor.from_row(floor) for floor in row["floors"]),
    )
