"""What falls due: signatures that were not given, cards that come to their end, clients who still wait."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps

from card_service.use_cases.expire_card import expire_card
from card_service.use_cases.expire_issue import expire_issue
from card_service.use_cases.expire_receipt import expire_receipt
from card_service.use_cases.foresee_expiry import foresee_expiry
from card_service.use_cases.serve_waiting import serve_waiting

sweeps = Sweeps()


@sweeps("card.receipt-held")
async def receipt_held(tx: Tx, due: Due, *, now: datetime) -> None:
    """Three days without a second signature (CS-14)."""
    await expire_receipt(tx, due.subject_id, now=now)


@sweeps("card.issue-held")
async def issue_held(tx: Tx, due: Due, *, now: datetime) -> None:
    """Three days without a second signature (CS-14)."""
    await expire_issue(tx, due.subject_id, now=now)


@sweeps("card.expiring")
async def expiring(tx: Tx, due: Due, *, now: datetime) -> None:
    """Ninety days before a card's end (CS-26)."""
    await foresee_expiry(tx, due.subject_id, now=now)


@sweeps("card.expired")
async def expired(tx: Tx, due: Due, *, now: datetime) -> None:
    """The day after a card's last (CS-25)."""
    await expire_card(tx, due.subject_id, now=now)


@sweeps.recurring("card.serve-waiting", cron="*/5 * * * *")
async def waiting(tx: Tx, *, now: datetime) -> None:
    """Units move and become known after their clients have asked."""
    await serve_waiting(tx, now=now)
