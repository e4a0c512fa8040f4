"""The two card levels, their digit in the number and their face (CS-1, CS-19)."""

from enum import StrEnum


class CardFace(StrEnum):
    """What the card looks like: gold for head-office level, silver for branch level (CS-19, CCB Art. 13)."""

    GOLD = "gold"
    SILVER = "silver"


class CardLevel(StrEnum):
    """A client's card level; a card itself is never of level NONE. Compare with `is_above`, the text has no order."""

    NONE = "none"
    BRANCH = "branch"
    HEAD_OFFICE = "head_office"

    def is_above(self, other: "CardLevel") -> bool:
        """Whether this level stands higher: none < branch < head office."""
        return _LADDER.index(self) > _LADDER.index(other)

    @property
    def digit(self) -> str:
        """The third character of the number: 0 head office, 1 branch (CS-19, CCB Art. 13)."""
        return _DIGITS[self]

    @property
    def face(self) -> CardFace:
        """The face a card of this level carries (CS-19)."""
        return _FACES[self]


_LADDER = (CardLevel.NONE, CardLevel.BRANCH, CardLevel.HEAD_OFFICE)
_DIGITS = {CardLevel.HEAD_OFFICE: "0", CardLevel.BRANCH: "1"}
_FACES = {CardLevel.HEAD_OFFICE: CardFace.GOLD, CardLevel.BRANCH: CardFace.SILVER}
LEVEL_OF_DIGIT = {digit: level for level, digit in _DIGITS.items()}
