"""High, mid, low: the three classes of value and of risk (CR-28, CR-31)."""

from enum import StrEnum


class Grade(StrEnum):
    """High, mid, low; of value and of risk alike."""

    HIGH = "high"
    MID = "mid"
    LOW = "low"
