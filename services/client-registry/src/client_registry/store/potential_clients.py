"""Potential clients in PostgreSQL: everything about a person goes in sealed and goes out when the record ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.identity_documents import IdentityType, index_form
from client_registry.domain.potential_clients import PotentialKnown, PotentialPolicy
from client_registry.domain.registration_form import Source
from client_registry.store.clients import IDENTITY as CLIENT_IDENTITY
from client_registry.store.clients import PHONE_INDEX
from client_registry.tables.potential_clients import potential_clients

TABLE = "potential_clients"
SEALED = ("name", "phone", "identity_number", "needs", "referred_by", "next_step")
_COLUMN = {each: f"{each}_sealed" for each in SEALED} | {"identity_number": "identity_sealed"}
_NEW = (
    "id", "unit_id", "owner", "client_id", *_COLUMN.values(), "phone_index", "identity_type", "identity_index", "hobbies",
    "referral_source", "next_on", "consented_on", "source", "collector", "collected_at", "forget_on",
)  # fmt: skip
_ADD = prepare(insert(potential_clients).values({name: sa.bindparam(name) for name in _NEW}).on_conflict_do_nothing())
_LOCK = prepare(
    sa.select(potential_clients)
    .where(potential_clients.c.id == sa.bindparam("potential_id", type_=sa.Uuid()))
    .with_for_update()
)
_POLICY = prepare(
    sa.text(
        "SELECT version, retention_months FROM potential_policies WHERE valid_from <= :today ORDER BY version DESC LIMIT 1"
    )
)
_KNOWN_PHONE = prepare(
    sa.text("SELECT EXISTS (SELECT FROM potential_clients WHERE phone_index = :phone_index AND status = 'open')")
)
_CLIENT_WITH_PHONE = prepare(
    sa.text(
        """
        SELECT c.id, c.client_no FROM client_contacts AS w JOIN clients AS c ON c.id = w.client_id
        WHERE w.value_index = :phone_index AND w.way IN ('home_phone', 'office_phone', 'mobile')
          AND c.merged_into IS NULL
        ORDER BY c.id LIMIT 1
        """
    )
)
_NEXT = prepare(
    sa.text(
        """
        UPDATE potential_clients SET next_step_sealed = :next_step_sealed, next_on = :next_on, forget_on = :forget_on,
               version = version + 1
        WHERE id = :potential_id
        """
    )
)
# Whatever is about a person goes; what happened stays.
_END = prepare(
    sa.text(
        """
        UPDATE potential_clients SET status = :status, ended_because = :because,
               client_id = coalesce(CAST(:client_id AS uuid), client_id), name_sealed = NULL, phone_sealed = NULL,
               phone_index = NULL, identity_type = NULL, identity_sealed = NULL, identity_index = NULL, hobbies = '{}',
               needs_sealed = NULL, referred_by_sealed = NULL, next_step_sealed = NULL, next_on = NULL,
               version = version + 1
        WHERE id = ANY(CAST(:potential_ids AS uuid[]))
        """
    )
)
_FORGOTTEN = prepare(
    sa.text(
        """
        SELECT id, client_id FROM potential_clients WHERE status = 'open' AND forget_on <= :today
        ORDER BY id LIMIT :size FOR UPDATE SKIP LOCKED
        """
    )
)
_FLAG = prepare(
    sa.text(
        "UPDATE clients SET potential = :potential WHERE id = ANY(CAST(:client_ids AS uuid[])) AND potential <> :potential "
        "RETURNING id, coalesce((SELECT version FROM registration_forms WHERE client_id = clients.id), 0) AS form_version"
    )
)
_IS_FLAGGED = prepare(sa.text("SELECT potential FROM clients WHERE id = :client_id"))
_OPEN_OF = prepare(
    sa.text("SELECT id, client_id FROM potential_clients WHERE client_id = :client_id AND status = 'open' FOR UPDATE")
)
_RISEN = prepare(
    sa.text(
        """
        SELECT c.id FROM clients AS c
        JOIN client_metrics AS m ON m.client_id = c.id AND m.assets_known
        WHERE c.kind = 'personal' AND c.service_tier = 'mass' AND NOT c.potential AND c.merged_into IS NULL
          AND c.died_on IS NULL
          AND m.assets >= (SELECT assets_from FROM potential_policies WHERE valid_from <= :today
                           ORDER BY version DESC LIMIT 1)
        ORDER BY c.id LIMIT :size
        """
    )
)
# Whom the rule flagged and for whom it no longer holds; a referral stands until somebody ends it.
_GROWN = prepare(
    sa.text(
        """
        SELECT c.id FROM clients AS c
        WHERE c.potential AND (c.service_tier <> 'mass' OR c.died_on IS NOT NULL OR c.merged_into IS NOT NULL)
          AND NOT EXISTS (SELECT FROM potential_clients AS p WHERE p.client_id = c.id AND p.status = 'open')
        ORDER BY c.id LIMIT :size
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPotential:
    """A record to be written; a client, or a person with a name."""

    id: UUID
    unit_id: UUID
    owner: str
    client_id: UUID | None
    name: str | None
    phone: str | None
    identity_type: IdentityType | None
    identity_number: str | None
    hobbies: tuple[str, ...]
    needs: str | None
    referral_source: str
    referred_by: str | None
    next_step: str | None
    next_on: date | None
    consented_on: date | None
    source: Source
    collector: str
    collected_at: datetime
    forget_on: date


async def add(tx: Tx, new: NewPotential) -> None:
    """Raises PotentialKnown where the client or the document is recorded already: the unique indexes decide."""
    sealed = {
        column: None if (plain := getattr(new, field)) is None else tx.cipher.seal(f"{TABLE}.{field}", new.id, plain)
        for field, column in _COLUMN.items()
    }
    document = None
    if new.identity_type is not None and new.identity_number is not None:
        document = tx.cipher.index(CLIENT_IDENTITY, index_form(new.identity_type, new.identity_number))
    added = await tx.execute(
        _ADD, **sealed, id=new.id, unit_id=new.unit_id, owner=new.owner, client_id=new.client_id,
        phone_index=None if new.phone is None else phone_index(tx, new.phone),
        identity_type=None if new.identity_type is None else new.identity_type.value, identity_index=document,
        hobbies=list(new.hobbies), referral_source=new.referral_source, next_on=new.next_on,
        consented_on=new.consented_on, source=new.source.value, collector=new.collector,
        collected_at=new.collected_at, forget_on=new.forget_on,
    )  # fmt: skip
    if not added:
        raise PotentialKnown()


def phone_index(tx: Tx, normalized: str) -> bytes:
    """The same index as that of clients' phones."""
    return tx.cipher.index(PHONE_INDEX, normalized)


def opened(tx: Tx, row: Record, field: str) -> str | None:
    """A sealed field of a record."""
    blob = row[_COLUMN[field]]
    return None if blob is None else tx.cipher.open(f"{TABLE}.{field}", row["id"], blob)


async def lock(tx: Tx, potential_id: UUID) -> Record | None:
    """A record, locked."""
    return await tx.fetchrow(_LOCK, potential_id=potential_id)


async def policy(tx: Tx, *, today: date) -> PotentialPolicy:
    """The policy of that day; the first version came with the tables."""
    row = await tx.fetchrow(_POLICY, today=today)
    if row is None:
        raise LookupError("no policy on potential clients")
    return PotentialPolicy(version=row["version"], retention_months=row["retention_months"])


async def phone_known(tx: Tx, normalized: str) -> bool:
    """Whether an open record bears this phone."""
    return bool(await tx.fetchval(_KNOWN_PHONE, phone_index=phone_index(tx, normalized)))


async def client_with_phone(tx: Tx, normalized: str) -> Record | None:
    """A client who is reached under this phone."""
    return await tx.fetchrow(_CLIENT_WITH_PHONE, phone_index=phone_index(tx, normalized))


async def save_next(tx: Tx, potential_id: UUID, *, next_step: str, next_on: date, forget_on: date) -> None:
    """What is done next and when; the time of forgetting begins anew."""
    sealed = tx.cipher.seal(f"{TABLE}.next_step", potential_id, next_step)
    await tx.execute(_NEXT, potential_id=potential_id, next_step_sealed=sealed, next_on=next_on, forget_on=forget_on)


async def end(
    tx: Tx, potential_ids: Sequence[UUID], *, status: str, because: str, client_id: UUID | None = None
) -> None:
    """These records have ended: what is about a person is gone from them."""
    await tx.execute(_END, potential_ids=list(potential_ids), status=status, because=because, client_id=client_id)


async def forgotten(tx: Tx, *, today: date, size: int) -> list[Record]:
    """Open records whose time is over, locked."""
    return await tx.fetch(_FORGOTTEN, today=today, size=size)


async def flag(tx: Tx, client_ids: Sequence[UUID], *, potential: bool) -> dict[UUID, int]:
    """The clients whose flag moved, each with the version of his registration form."""
    rows = await tx.fetch(_FLAG, client_ids=list(client_ids), potential=potential)
    return {row["id"]: row["form_version"] for row in rows}


async def open_of_client(tx: Tx, client_id: UUID) -> Record | None:
    """The open record about a client, locked."""
    return await tx.fetchrow(_OPEN_OF, client_id=client_id)


async def is_flagged(tx: Tx, client_id: UUID) -> bool:
    """Whether the client is one to be developed."""
    return bool(await tx.fetchval(_IS_FLAGGED, client_id=client_id))


async def risen(tx: Tx, *, today: date, size: int) -> list[UUID]:
    """Clients of the lowest tier whose assets make them ones to be developed, and who are not flagged yet."""
    return [row["id"] for row in await tx.fetch(_RISEN, today=today, size=size)]


async def grown(tx: Tx, *, size: int) -> list[UUID]:
    """Clients whom the rule once flagged and who are no longer of the lowest tier, or no longer there."""
    return [row["id"] for row in await tx.fetch(_GROWN, size=size)]
