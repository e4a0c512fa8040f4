"""Undoing an import of figures: when it may be asked for."""

from enum import StrEnum

from chassis.refusals import RuleBroken
from chassis.texts import Text

# What waits for the second signature. The import itself never changes between the two.
KIND = "figure-import.undo"
VERSION = 1


class UndoReason(StrEnum):
    """Why an import is taken back."""

    WRONG_FILE = "wrong_file"
    WRONG_MONTH = "wrong_month"
    WRONG_MAPPING = "wrong_mapping"
    WRONG_SOURCE = "wrong_source"
    OTHER = "other"


class NotApplied(RuleBroken):
    """Only what was applied can be undone, and only once."""

    code = "import.not-applied"
    text = Text(
        en="Only an import that was applied can be undone, and only once.",
        zh="只有已导入的批次可以撤销，且只能撤销一次。",
    )


def check_undoable(status: str) -> None:
    """Raises NotApplied."""
    if status != "applied":
        raise NotApplied()
