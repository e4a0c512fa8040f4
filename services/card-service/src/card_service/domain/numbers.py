"""Card numbers: two branch letters, a level digit, five digits of sequence; and the segments they are allotted in.

CS-17 to CS-20, CCB Art. 13; the number of boxes on the published form is corrupt, the article counts (A18).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from chassis.refusals import Invalid, RuleBroken
from chassis.texts import Text

from card_service.domain.levels import LEVEL_OF_DIGIT, CardLevel

FIRST, LAST = 1, 99_999

# The 38 first-level branches (CS-18): letters of GB/T 2260, five cities under separate plan, Suzhou, Three Gorges.
_LETTERS = (
    "BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN XZ SN GS QH NX XJ DL NB XM QD SZ SU TG"
)
BRANCH_CODES = frozenset(_LETTERS.split())

_NUMBER = re.compile(r"([A-Z]{2})([01])([0-9]{5})")


class CardNumberMalformed(Invalid):
    """Not eight characters of the form the measures lay down (CS-17, CCB Art. 13)."""

    code = "card-number.malformed"
    text = Text(
        en="A card number is two branch letters, 0 or 1, and five digits from 00001 to 99999.",
        zh="卡号应为两位分行字母、一位级别数字（0 或 1）和 00001 至 99999 的五位顺序号。",
    )


class SegmentMalformed(Invalid):
    """A segment that leaves 00001-99999 or ends before it begins (CS-20)."""

    code = "segment.malformed"
    text = Text(
        en="A segment runs from a first to a last sequence between 00001 and 99999.",
        zh="号段须在 00001 至 99999 之间，且起号不大于止号。",
    )


class NumbersExhausted(RuleBroken):
    """No run of free numbers is long enough: the supply of a branch and level ends at 99,999 (CS-20)."""

    code = "numbers.exhausted"
    text = Text(
        en="{wanted} numbers in a row are wanted; the longest free run has {longest}.",
        zh="需要连续 {wanted} 个号码，现有最长空闲号段仅 {longest} 个。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNumber:
    """One card number. Raises `CardNumberMalformed` for what the measures do not allow."""

    branch_code: str
    level: CardLevel
    sequence: int

    def __post_init__(self) -> None:
        if self.branch_code not in BRANCH_CODES or self.level is CardLevel.NONE or not FIRST <= self.sequence <= LAST:
            raise CardNumberMalformed()

    @classmethod
    def parse(cls, text: str) -> Self:
        """`BJ000001` read: Beijing, head-office level, the first of its sequence (CS-17 to CS-20)."""
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise CardNumberMalformed()
        letters, digit, sequence = match.groups()
        return cls(branch_code=letters, level=LEVEL_OF_DIGIT[digit], sequence=int(sequence))

    def __str__(self) -> str:
        return f"{self.branch_code}{self.level.digit}{self.sequence:05d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Sequences from `first` to `last`, both included. Raises `SegmentMalformed` outside 00001-99999."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not FIRST <= self.first <= self.last <= LAST:
            raise SegmentMalformed()

    def __len__(self) -> int:
        return self.last - self.first + 1

    def holds(self, other: "Run") -> bool:
        """Whether every sequence of `other` lies in this run."""
        return self.first <= other.first and other.last <= self.last

    def overlaps(self, other: "Run") -> bool:
        """Whether the two share a sequence."""
        return self.first <= other.last and other.first <= self.last


def free_runs(within: Run, taken: Iterable[Run]) -> Iterator[Run]:
    """What is left of `within`, lowest first, when the taken runs are cut out."""
    start = within.first
    for run in sorted(taken, key=lambda run: run.first):
        if run.last < start or run.first > within.last:
            continue
        if run.first > start:
            yield Run(first=start, last=run.first - 1)
        start = run.last + 1
    if start <= within.last:
        yield Run(first=start, last=within.last)


def next_run(within: Run, taken: Iterable[Run], *, count: int) -> Run:
    """The lowest free run of `count` numbers. Raises `NumbersExhausted` where none is long enough (CS-20)."""
    longest = 0
    for run in free_runs(within, taken):
        if len(run) >= count:
            return Run(first=run.first, last=run.first + count - 1)
        longest = max(longest, len(run))
    raise NumbersExhausted(wanted=count, longest=longest)


WHOLE = Run(first=FIRST, last=LAST)
