"""When everybody is evaluated and who counts as near a standard: policy values as data (A5, CR-16)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPolicy:
    """One version. A month is evaluated once `figures_percent` of the clients have figures of it, from `from_hour`
    (Shanghai) on; without them at `from_hour` of its `latest_working_day`. `near_percent` of a bound may be missing."""

    version: int
    figures_percent: int
    from_hour: int
    latest_working_day: int
    classify: bool
    near_percent: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A stored version."""
        return cls(version=row["version"], **row["values"])

    def changed(self, **values: Any) -> Self:
        """The next version, with these values."""
        return replace(self, version=self.version + 1, **values)

    def values(self) -> dict[str, Any]:
        """As they are stored."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "version"}
