"""The ladders a client stands on, each an attribute of its own (domain decisions, section 1)."""

from decimal import Decimal
from enum import StrEnum


class CardLevel(StrEnum):
    """Card level (CR-2): exactly two levels above none."""

    NONE = "none"
    BRANCH = "branch"
    HEAD_OFFICE = "head_office"


class ServiceTier(StrEnum):
    """Service tier (CR-24). `corporate_vip` stands beside the ladder: a list gives it, never a formula (A20)."""

    MASS = "mass"
    WEALTH_MANAGEMENT = "wealth_management"
    WEALTH = "wealth"
    PRIVATE_BANKING = "private_banking"
    CORPORATE_VIP = "corporate_vip"


class AssetBand(StrEnum):
    """Asset band (CR-25), which drives how often a client is contacted."""

    GE_8M = "ge_8m"
    M2_8M = "2m_8m"
    BELOW = "below"


CARD_LADDER = (CardLevel.NONE, CardLevel.BRANCH, CardLevel.HEAD_OFFICE)
TIER_LADDER = (
    ServiceTier.MASS,
    ServiceTier.WEALTH_MANAGEMENT,
    ServiceTier.WEALTH,
    ServiceTier.PRIVATE_BANKING,
    ServiceTier.CORPORATE_VIP,
)

# BOC-S Art. 31(2): exactly 8,000,000 belongs to the upper band (A2: bounds are inclusive).
BAND_BOUNDS = ((AssetBand.GE_8M, Decimal(8_000_000)), (AssetBand.M2_8M, Decimal(2_000_000)))


def card_rank(level: CardLevel) -> int:
    """The place on the ladder, 0 for none."""
    return CARD_LADDER.index(level)


def tier_rank(tier: ServiceTier) -> int:
    """The place in queue priority, 0 for mass; corporate VIP ranks beside private banking's clients, above mass."""
    return TIER_LADDER.index(tier)


def asset_band(assets: Decimal) -> AssetBand:
    """The band of an amount of assets (CR-25, BOC-S Art. 31(2)); no grace."""
    for band, bound in BAND_BOUNDS:
        if assets >= bound:
            return band
    return AssetBand.BELOW
