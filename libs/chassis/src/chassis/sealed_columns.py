"""How a table says which of its columns are sealed: `sa.Column(..., info=sealed("clients.name"))`."""

from typing import Any

MARK = "sealed"


def sealed(column: str, *, row_id: str = "id") -> dict[str, Any]:
    """The `info` of a sealed column: the name the cipher binds it to, and the column that identifies the row."""
    return {MARK: (column, row_id)}


def sealed_briefly() -> dict[str, Any]:
    """The `info` of a sealed column whose rows are gone long before a key is retired; rotation leaves it alone."""
    return {MARK: None}
