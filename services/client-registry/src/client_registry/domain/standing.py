"""What a re-verification says."""

from datetime import date, datetime
from uuid import UUID

from client_registry.domain.qualification import Standing
from client_registry.domain.reviews import Judgement, Verdict
from client_registry.domain.standing_events import ClientReverified


def reverified(
    standing: Standing, judgement: Judgement, *, decision_id: UUID, at: datetime, today: date
) -> ClientReverified:
    """The client passed or did not, and the level that holds (CR-17)."""
    return ClientReverified(
        at=at,
        version=standing.version + 1,
        client_id=standing.client_id,
        passed=judgement.verdict is Verdict.PASSED,
        level_before=standing.card_level.value,
        level=judgement.level.value,
        reasons=judgement.reasons,
        home_unit_id=standing.home_unit_id,
        decision_id=decision_id,
        verified_on=today,
    )
