"""Where an imported client's file lives and who looks after it: as the row says, or spread evenly and repeatably."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from client_registry.domain.imports.profile import Profile

_SPREAD_KINDS = {"wealth_centres": "wealth_centre", "outlets": "outlet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit in the importer's scope, with its relationship managers (subjects)."""

    id: str
    code: str
    kind: str
    managers: tuple[str, ...]


class Placement:
    """Answers for one import; units and managers are in a fixed order, so the same client lands in the same place."""

    def __init__(self, profile: Profile, units: Sequence[Unit], managers: Mapping[str, str]) -> None:
        """`managers`: staff number → subject, of everybody who may be a client's manager."""
        self._by_code = {unit.code: unit for unit in units}
        self._by_id = {unit.id: unit for unit in units}
        kind = _SPREAD_KINDS.get(profile.spread or "")
        self._spread = sorted((unit for unit in units if unit.kind == kind), key=lambda unit: unit.code)
        self._spread_managers = profile.spread_managers
        self._managers = managers

    def home(self, client_no: str, code: str | None) -> str | None:
        """The unit's id; None where the code is unknown in this scope or there is nowhere to spread to."""
        if code is not None:
            unit = self._by_code.get(code)
            return None if unit is None else unit.id
        if not self._spread:
            return None
        return self._spread[_number(client_no, "home") % len(self._spread)].id

    def manager(self, client_no: str, home: str | None, staff_no: str | None) -> str | None:
        """The manager's subject, None where there is none to be; an empty text where the number is unknown."""
        if staff_no is not None:
            return self._managers.get(staff_no, "")
        if not self._spread_managers or home is None:
            return None
        managers = self._by_id[home].managers
        return managers[_number(client_no, "manager") % len(managers)] if managers else None


def _number(client_no: str, purpose: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{purpose}\0{client_no}".encode(), digest_size=8).digest())
