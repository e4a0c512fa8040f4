"""Where an imported client begins: the first service tier and asset band that his delivered figures bear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from client_registry.domain.figures import Metrics, Repayment
from client_registry.domain.imports.amounts import Amounts, Months
from client_registry.domain.levels import AssetBand, ServiceTier, asset_band
from client_registry.domain.policies import Ladder, TierPolicy, applicable, evaluate

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """First tier (it stands in ClientRegistered), band, and whether the band rests on deposits alone."""

    service_tier: ServiceTier
    asset_band: AssetBand | None
    lower_bound: bool


class Standings:
    """The tier policies in force on the day of an import, ready for each home unit. Card levels are never given here:
    they need qualification, filing and the client's own choice (CR-3).
    """

    def __init__(self, policies: Iterable[TierPolicy], paths: Mapping[str, str], *, day: date) -> None:
        """`paths`: unit id → organisation path."""
        self._policies = [policy for policy in policies if policy.ladder is Ladder.SERVICE_TIER]
        self._paths, self._day = paths, day
        self._of_unit: dict[str, tuple[TierPolicy, ...]] = {}

    def of(self, home_unit: str, amounts: Amounts) -> Standing:
        """Where a client of that unit begins."""
        if home_unit not in self._of_unit:
            path = self._paths[home_unit]
            self._of_unit[home_unit] = applicable(self._policies, home_path=path, day=self._day)
        delivered = _last(amounts.assets)
        assets = _last(amounts.deposit) if delivered is None else delivered
        lower_bound = delivered is None and assets is not None
        metrics = _metrics(amounts, assets, lower_bound)
        return Standing(
            service_tier=evaluate(self._of_unit[home_unit], metrics).service_tier,
            asset_band=None if assets is None else asset_band(assets),
            lower_bound=lower_bound,
        )


def _metrics(amounts: Amounts, assets: Decimal | None, lower_bound: bool) -> Metrics:
    deposits, spends = amounts.deposit or (), amounts.card_spend or ()
    return Metrics(
        deposit_avg_12m=sum((amount for amount in deposits if amount is not None), _ZERO) / 12,
        deposit_months=sum(amount is not None for amount in deposits),
        loan_outstanding=amounts.loan_outstanding or _ZERO,
        loan_known=amounts.loan_outstanding is not None,
        # No tier rests on repayment; the qualification run reads it from the history that is delivered here.
        repayment=Repayment.UNKNOWN,
        card_spend_12m=sum((amount for amount in spends if amount is not None), _ZERO),
        card_months=sum(amount is not None for amount in spends),
        assets=assets or _ZERO,
        assets_known=assets is not None,
        assets_lower_bound=lower_bound,
    )


def _last(months: Months | None) -> Decimal | None:
    return None if months is None else months[-1]
