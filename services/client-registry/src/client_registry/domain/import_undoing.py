"""Undoing an import, of figures or of clients: when it may be asked for, and what waits for the second person."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.refusals import RuleBroken
from chassis.texts import Text

# The import itself never changes between the two signatures.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """The undoing of one sort of import, by the name it has in the audit. `tells_refusal`: a no is an act of its own."""

    name: str
    object_type: str
    tells_refusal: bool

    @property
    def kind(self) -> str:
        """What the approval is about."""
        return f"{self.name}.undo"

    @property
    def operation(self) -> str:
        """The long work that follows a yes."""
        return f"{self.name}-undo"


OF_FIGURES = Undoing(name="figure-import", object_type="figure_import", tells_refusal=False)
OF_CLIENTS = Undoing(name="client-import", object_type="client_import", tells_refusal=True)


def check_undoable(status: str) -> None:
    """Raises NotApplied."""
    if status != "applied":
        raise NotApplied()
