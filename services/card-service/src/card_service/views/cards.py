"""Cards as they are shown."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from card_service.tables import cards, clients, custody_entries, org_units
from card_service.views.places import home, of_client

_SHOWN = (
    cards.c.id,
    cards.c.number,
    cards.c.level,
    cards.c.status,
    cards.c.unit_id,
    cards.c.client_id,
    cards.c.issued_on,
    cards.c.expires_on,
    cards.c.decision_id,
    cards.c.replaced_by,
    cards.c.version,
)
_card = (
    sa.select(*_SHOWN)
    .select_from(cards)
    .join(org_units, org_units.c.id == cards.c.unit_id)
    .outerjoin(clients, clients.c.client_id == cards.c.client_id)
    .outerjoin(home, home.c.id == clients.c.home_unit_id)
)
_seen = _card.where(of_client(unit_path=org_units.c.path, client_id=cards.c.client_id))
_GET = prepare(_seen.where(cards.c.id == sa.bindparam("id", type_=sa.Uuid)))
_status, _level = sa.bindparam("status", type_=sa.Text), sa.bindparam("level", type_=sa.Text)
_unit, _after = sa.bindparam("unit", type_=sa.Uuid), sa.bindparam("after", type_=sa.Text)
_LIST = prepare(
    _seen.where(
        sa.or_(_status.is_(None), cards.c.status == _status),
        sa.or_(_level.is_(None), cards.c.level == _level),
        sa.or_(_unit.is_(None), cards.c.unit_id == _unit),
        sa.or_(_after.is_(None), cards.c.number > _after),
    )
    .order_by(cards.c.number)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_of_client = cards.c.client_id == sa.bindparam("client", type_=sa.Uuid)
# A card set aside is not the client's yet.
_his = sa.and_(_of_client, cards.c.status != "reserved")
_OF_CLIENT = prepare(sa.select(*_SHOWN).where(_his).order_by(cards.c.issued_on.desc(), cards.c.id.desc()).limit(50))
_KNOWN = prepare(
    sa.select(clients.c.client_id).where(
        clients.c.client_id == sa.bindparam("client", type_=sa.Uuid), clients.c.erased_on.is_(None)
    )
)
_SEEN_CLIENT = prepare(
    sa.select(clients.c.client_id)
    .select_from(clients)
    .outerjoin(home, home.c.id == clients.c.home_unit_id)
    .where(
        clients.c.client_id == sa.bindparam("client", type_=sa.Uuid),
        clients.c.erased_on.is_(None),
        of_client(unit_path=home.c.path, client_id=clients.c.client_id),
    )
)
_HISTORY = prepare(
    sa.select(
        custody_entries.c.step,
        custody_entries.c.from_place,
        custody_entries.c.to_place,
        custody_entries.c.act,
        custody_entries.c.act_id,
        custody_entries.c.at,
    )
    .where(custody_entries.c.card_id == sa.bindparam("id", type_=sa.Uuid))
    .order_by(custody_entries.c.step)
)


async def get_card(tx: Tx, card_id: UUID, *, scope: Scope) -> Record:
    """NotFound outside the caller's places and clients, and for an unknown one alike."""
    row = await tx.fetchrow(_GET, **scope.params(), id=card_id)
    if row is None:
        raise NotFound()
    return row


async def custody_of(tx: Tx, card_id: UUID) -> list[Record]:
    """The ledger of one card, from the factory on."""
    return await tx.fetch(_HISTORY, id=card_id)


async def list_cards(
    tx: Tx,
    *,
    scope: Scope,
    status: str | None,
    level: str | None,
    unit_id: UUID | None,
    after: str | None,
    limit: int,
) -> list[Record]:
    """Cards of the caller's places and clients, by number."""
    return await tx.fetch(_LIST, **scope.params(), status=status, level=level, unit=unit_id, after=after, limit=limit)


async def cards_of_client(tx: Tx, client_id: UUID, *, scope: Scope | None) -> list[Record]:
    """What he holds or held, the newest first; NotFound for a client outside `scope`, or not known where it is None."""
    if scope is None:
        found = await tx.fetchrow(_KNOWN, client=client_id)
    else:
        found = await tx.fetchrow(_SEEN_CLIENT, **scope.params(), client=client_id)
    if found is None:
        raise NotFound()
    return await tx.fetch(_OF_CLIENT, client=client_id)
