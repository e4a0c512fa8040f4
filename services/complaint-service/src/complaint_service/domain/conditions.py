"""When a rule of the policy speaks: a condition over what is known of a case. An empty set asks nothing."""

from dataclasses import dataclass

from complaint_service.domain.vocabulary import Channel, ComplaintType, Kind, ServiceTier


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What routing and clocks look at. `tier` is None for a case without a client."""

    kind: Kind
    complaint_type: ComplaintType | None
    channel: Channel
    tier: ServiceTier | None
    round: int = 1

    def facts(self) -> dict[str, str | int | None]:
        """The same as plain values, to be kept beside the decision."""
        return {
            "kind": self.kind.value,
            "complaint_type": self.complaint_type.value if self.complaint_type else None,
            "channel": self.channel.value,
            "tier": self.tier.value if self.tier else None,
            "round": self.round,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds when every part that asks something is answered with yes."""

    kinds: frozenset[Kind] = frozenset()
    types: frozenset[ComplaintType] = frozenset()
    channels: frozenset[Channel] = frozenset()
    tiers: frozenset[ServiceTier] = frozenset()
    without_client: bool = False
    round_from: int = 1
    round_to: int | None = None

    def holds(self, situation: Situation) -> bool:
        """True when the rule speaks for this situation. `without_client` admits a case without one beside `tiers`."""
        return (
            (not self.kinds or situation.kind in self.kinds)
            and (not self.types or situation.complaint_type in self.types)
            and (not self.channels or situation.channel in self.channels)
            and self._tier_holds(situation.tier)
            and self.round_from <= situation.round
            and (self.round_to is None or situation.round <= self.round_to)
        )

    def _tier_holds(self, tier: ServiceTier | None) -> bool:
        if not self.tiers:
            return True
        return self.without_client if tier is None else tier in self.tiers
