"""Re-verifying a member with the figures of the moment (CR-17, CCB Art. 16): what he keeps, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from client_registry.domain.levels import CARD_LADDER, CardLevel, card_rank
from client_registry.domain.policies import Outcome

BELOW_STANDARD = "below-standard"
EXCEPTIONAL = "exceptional-admission"
EXCEPTION_ENDED = "exception-ended"


class Verdict(StrEnum):
    """Whether the level is kept; a missing figure decides nothing."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFinding:
    """What one policy of the decision says of a card level."""

    level: CardLevel
    outcome: Outcome
    policy_version: str
    criteria_met: tuple[str, ...]
    reasons: tuple[str, ...]
    needs_filing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The level that holds from now on, and the reasons that may be told."""

    verdict: Verdict
    level: CardLevel
    reasons: tuple[str, ...]


def judge(
    held: CardLevel,
    findings: Iterable[LevelFinding],
    *,
    excepted: bool,
    filed: frozenset[CardLevel] = frozenset(),
) -> Judgement:
    """Whether the held level is kept: by an exception that still runs (CR-11), or by the standard of that level or of one
    above. Else the highest level below that is met, and filed where that is wanted (CR-10), or still undecided."""
    found = list(findings)
    if excepted:
        return Judgement(verdict=Verdict.PASSED, level=held, reasons=(EXCEPTIONAL,))
    enough = [finding for finding in found if card_rank(finding.level) >= card_rank(held)]
    met = [finding for finding in enough if finding.outcome is Outcome.MET]
    if met:
        criteria = tuple(dict.fromkeys(code for finding in met for code in finding.criteria_met))
        return Judgement(verdict=Verdict.PASSED, level=held, reasons=criteria)
    if any(finding.outcome is Outcome.UNDECIDED for finding in enough):
        return Judgement(verdict=Verdict.UNDECIDED, level=held, reasons=())
    refused = sorted({reason for finding in enough if finding.level is held for reason in finding.reasons})
    return Judgement(
        verdict=Verdict.FAILED, level=_highest_below(held, found, filed), reasons=(BELOW_STANDARD, *refused)
    )


def _highest_below(held: CardLevel, findings: list[LevelFinding], filed: frozenset[CardLevel]) -> CardLevel:
    for level in reversed(CARD_LADDER[: card_rank(held)]):
        for finding in findings:
            borne = not finding.needs_filing or level in filed
            if finding.level is level and finding.outcome is not Outcome.NOT_MET and borne:
                return level
    return CardLevel.NONE
