"""Number segments: a run of one branch's and level's numbers, allotted to a unit of that branch (CS-16)."""

from dataclasses import dataclass
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from card_service.domain.levels import CardLevel
from card_service.domain.numbers import Run
from card_service.domain.organisation import Unit


class BranchWithoutLetters(RuleBroken):
    """The unit stands under no first-level branch with letters, so no number can name it (CS-18)."""

    code = "segment.unit-outside-branch"
    text = Text(
        en="The unit belongs to no first-level branch with letters of its own.",
        zh="该机构不隶属于任何有字母代码的一级分行。",
    )


class SegmentTaken(RuleBroken):
    """Some of these numbers are allotted already (CS-16)."""

    code = "segment.taken"
    text = Text(
        en="Numbers {first:05d} to {last:05d} are allotted already, at least in part.",
        zh="号码 {first:05d} 至 {last:05d} 已全部或部分分配。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Numbers from which the issuing institution can be read (CS-16)."""

    id: UUID
    branch_code: str
    level: CardLevel
    run: Run
    unit_id: UUID


def letters_of(unit: Unit, branch: Unit | None) -> str:
    """The letters that stand on this unit's cards: those of its first-level branch. Raises `BranchWithoutLetters`."""
    if branch is None or branch.branch_code is None or not unit.path.startswith(branch.path):
        raise BranchWithoutLetters()
    return branch.branch_code
