"""A card is shown: does it open the services here? (CS-27, CS-35)"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import Forbidden

from card_service.domain.acceptance import Acceptance, accept
from card_service.domain.cards import Card
from card_service.domain.numbers import CardNumber
from card_service.store import cards, organisation, presentations


async def verify_card(
    tx: Tx,
    presentation_id: UUID,
    *,
    number: CardNumber,
    unit_id: UUID,
    places: Sequence[str],
    by: Principal,
    now: datetime,
) -> tuple[Acceptance, Card | None]:
    """Every presentation is kept: where, to whom, what was answered. Forbidden at a place that is not the caller's."""
    unit = await organisation.get_unit(tx, unit_id)
    if not any(unit.path.startswith(place) for place in places):
        raise Forbidden()
    branch = await organisation.branch_of(tx, unit.path)
    card = await cards.find_by_number(tx, number)
    here = None if branch is None else branch.branch_code
    acceptance = accept(card, branch_code_here=here, on=business_day(now))
    client_id = None if card is None else card.client_id
    await presentations.add_presentation(
        tx,
        presentation_id=presentation_id,
        card_id=None if card is None else card.id,
        client_id=client_id,
        unit_id=unit_id,
        shown_to=by.subject,
        outcome=acceptance.outcome.value,
        shown_at=now,
    )
    await audit.record(
        tx,
        act="card.verified",
        by=by,
        object_type="presentation",
        object_id=presentation_id,
        client_id=client_id,
        detail={"unit_id": unit_id, "outcome": acceptance.outcome.value},
        at=now,
    )
    return acceptance, card
