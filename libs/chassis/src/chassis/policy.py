"""Which roles may use a route. Every route declares one; a route without stops the service from starting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chassis.identity import Grant, Principal
from chassis.refusals import Forbidden
from chassis.texts import Text

# A known kind of person to whom every route is denied, whatever else was granted (CR-85, XC-8, XC-19).
DENIED_ROLE = "third_party_staff"
# Stands for every role of the bank's own staff, where what one may see depends on whose it is and not on the role.
ANY_STAFF = "*"


class DeniedPerson(Forbidden):
    """A person of a third party: every route is denied and every attempt audited (CR-85, XC-8, XC-19)."""

    code = "forbidden.third-party"
    text = Text(en="Staff of third parties have no access.", zh="第三方人员无权访问。")


@dataclass(frozen=True)
class Policy:
    """The roles that may use a route, the services that may, and whether places do not matter (`nationwide`)."""

    roles: frozenset[str] = frozenset()
    nationwide: bool = False
    systems: frozenset[str] = frozenset()

    def __or__(self, other: "Policy") -> "Policy":
        """Who either allows; nationwide only where both are, so that joining never widens a place."""
        nationwide = all(part.nationwide for part in (self, other) if part.roles)
        return Policy(
            self.roles | other.roles, nationwide and bool(self.roles | other.roles), self.systems | other.systems
        )

    def admits_system(self, principal: Principal) -> bool:
        """Whether the calling service is named here, for itself or on a person's behalf."""
        return principal.system is not None and principal.system in self.systems

    def grants_of(self, principal: Principal, now: datetime) -> list[Grant]:
        """The caller's grants that count here: an allowed role, not ended at `now`; any role of staff's where
        `allow_any_staff` says so."""
        any_role = ANY_STAFF in self.roles and principal.kind == "staff"
        return [
            grant
            for grant in principal.grants
            if (any_role or grant.role in self.roles) and (grant.until is None or grant.until > now)
        ]

    def check(self, principal: Principal, now: datetime) -> list[Grant]:
        """The grants that count here.

        Raises `DeniedPerson` for a person of a third party and `Forbidden` where neither role nor service is allowed.
        """
        if any(grant.role == DENIED_ROLE for grant in principal.grants):
            raise DeniedPerson()
        grants = self.grants_of(principal, now)
        if not grants and not self.admits_system(principal):
            raise Forbidden()
        return grants


def allow(*roles: str, nationwide: bool = False) -> Policy:
    """People with any of these roles; at every place where `nationwide` (CR-20, 26, 91, 97), else at their own."""
    if not roles:
        raise ValueError("allow() needs at least one role")
    return Policy(_clean(roles), nationwide)


def allow_any_staff() -> Policy:
    """Everybody of the bank's staff who holds any role: for what belongs to the caller personally."""
    return Policy(frozenset({ANY_STAFF}))


def allow_systems(*services: str) -> Policy:
    """Calls signed by one of these services, for itself or for the person it serves; they see every place."""
    if not services:
        raise ValueError("allow_systems() needs at least one service")
    return Policy(systems=_clean(services))


def _clean(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(names)
    if DENIED_ROLE in found:
        raise ValueError(f"{DENIED_ROLE} is never allowed anything (CR-85)")
    return found
