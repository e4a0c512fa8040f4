"""Finished, pre-numbered cards coming into a unit's stock (CS-12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from card_service.domain.numbers import CardNumber, Run, next_run
from card_service.domain.organisation import Unit, line
from card_service.domain.segments import Segment
from card_service.domain.signatures import Signatures

RECEIPT_LIMIT = 10_000


class OutsideSegment(RuleBroken):
    """Cards whose numbers the segment does not hold (CS-16)."""

    code = "receipt.outside-segment"
    text = Text(en="Not all of these numbers lie in the segment.", zh="号码未全部落在该号段内。")


class ReceivedAlready(RuleBroken):
    """A card comes in once: received, or waiting for its second signature (CS-12)."""

    code = "receipt.duplicate"
    text = Text(
        en="Some of these numbers were received already or wait for a countersignature.",
        zh="部分号码已入库，或正在等待复核签字。",
    )


class WrongUnit(RuleBroken):
    """Only the unit the numbers are allotted to, or one above it that passes them on, takes them in (CS-9, CS-16)."""

    code = "receipt.wrong-unit"
    text = Text(
        en="These numbers are allotted to another unit; it, or a unit above it, takes them in.",
        zh="该号段已分配给其他机构，只能由该机构或其上级机构入库。",
    )


class TooManyCards(RuleBroken):
    """More cards than one receipt may hold."""

    code = "receipt.too-many"
    text = Text(en="One receipt takes in at most {limit} cards.", zh="一次入库最多 {limit} 张卡。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One delivery into stock and the signatures on it."""

    id: UUID
    unit_id: UUID
    segment: Segment
    run: Run
    signatures: Signatures

    def numbers(self) -> list[CardNumber]:
        """Every number on the delivery, lowest first."""
        return [
            CardNumber(branch_code=self.segment.branch_code, level=self.segment.level, sequence=sequence)
            for sequence in range(self.run.first, self.run.last + 1)
        ]


def check_receipt(*, segment: Segment, segment_unit: Unit, unit: Unit, run: Run, taken: Iterable[Run]) -> None:
    """Whether this unit may take in these numbers; asked when proposed and once more when countersigned (CS-14).

    Raises `WrongUnit`, `OutsideSegment`, `ReceivedAlready` or `TooManyCards`.
    """
    if unit.path not in line(segment_unit.path):
        raise WrongUnit()
    if not segment.run.holds(run):
        raise OutsideSegment()
    if len(run) > RECEIPT_LIMIT:
        raise TooManyCards(limit=RECEIPT_LIMIT)
    if any(run.overlaps(other) for other in taken):
        raise ReceivedAlready()


def choose_run(
    segment: Segment, taken: Iterable[Run], *, first: int | None, last: int | None, count: int | None
) -> Run:
    """The numbers of a delivery: the ones named, else the segment's next `count`, else the whole segment.

    Raises `NumbersExhausted` where the segment has not that many left in a row (CS-20).
    """
    if first is not None and last is not None:
        return Run(first=first, last=last)
    return next_run(segment.run, taken, count=count if count is not None else len(segment.run))
