"""The client passed his re-verification (CR-17): nothing is missing any more, and nobody need talk about it."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx
from chassis.identity import system

from engagement_service.use_cases.ask_to_talk import KIND

BY = system("engagement-service")


async def drop_shortfall_talk(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """The work item that asked for it is done."""
    await work_items.complete_for(tx, subject_id=client_id, kind=KIND, by=BY, result="standard-met", now=now)
