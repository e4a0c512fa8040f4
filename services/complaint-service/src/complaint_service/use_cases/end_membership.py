"""The client is no member any more: his next case is routed without a card level; open ones go on as they are."""

from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def end_membership(tx: Tx, client_id: UUID) -> None:
    """The card level falls to none at once, whichever event comes first. Raises ClientNotKnown."""
    await copies.drop_card_level(tx, client_id)
