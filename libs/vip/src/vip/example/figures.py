"""The distributions behind the book, read from `examples/figures.toml`, where each names its source."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from vip.places import project_root


@dataclass(frozen=True, slots=True)
class Distribution:
    """Quantiles: shares that rise from 0 to 1 and the value at each. Between two points it is straight."""

    shares: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """The value below which this share of clients lies; `share` from 0 up to, not including, 1."""
        right = bisect_right(self.shares, share)
        if right >= len(self.shares):
            return self.values[-1]
        low, high = self.shares[right - 1], self.shares[right]
        return self.values[right - 1] + (self.values[right] - self.values[right - 1]) * (share - low) / (high - low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that the book draws from. Amounts are in yuan."""

    deposit: Distribution
    age: Distribution
    card_spend: Distribution
    loan: Distribution
    months_with_bank: Distribution
    assets_multiple: Distribution
    women: float
    contact: float
    has_loan: float
    loan_in_arrears: float
    private_banking: float
    wealth: float
    month_noise: float


def read_figures(file: Path | None = None) -> Figures:
    """The project's figures, or those of another file of the same form. Raises ValueError where a table is unusable."""
    path = file or project_root() / "examples" / "figures.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Figures(
        deposit=_distribution(tables, "deposit"),
        age=_distribution(tables, "age"),
        card_spend=_distribution(tables, "card_spend"),
        loan=_distribution(tables, "loan"),
        months_with_bank=_distribution(tables, "months_with_bank"),
        assets_multiple=_distribution(tables, "assets"),
        women=_share(tables, "women"),
        contact=_share(tables, "contact"),
        has_loan=_share(tables, "loan"),
        loan_in_arrears=_share(tables, "loan_in_arrears"),
        private_banking=_share(tables, "private_banking"),
        wealth=_share(tables, "wealth"),
        month_noise=_share(tables, "month_noise"),
    )


def _distribution(tables: Mapping[str, Any], name: str) -> Distribution:
    table = _table(tables, name)
    factor = Decimal(table.get("factor", "1"))
    points = [(Decimal(share), Decimal(value) * factor) for share, value in table["points"]]
    shares = [share for share, _ in points]
    if shares[0] != 0 or shares[-1] != 1 or any(a >= b for a, b in pairwise(shares)):
        raise ValueError(f"figures: the shares of [{name}] must rise from 0 to 1")
    return Distribution(tuple(map(float, shares)), tuple(float(value) for _, value in points))


def _share(tables: Mapping[str, Any], name: str) -> float:
    share = Decimal(_table(tables, name)["share"])
    if not 0 <= share <= 1:
        raise ValueError(f"figures: the share of [{name}] must lie between 0 and 1")
    return float(share)


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] | None = tables.get(name)
    if table is None or not table.get("source"):
        raise ValueError(f"figures: [{name}] is missing or names no source")
    return table
