"""Keep what care and follow-up need of a changed profile: the family's days, and who is to be developed (CR-48, CR-52)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import family


async def copy_profile(
    tx: Tx, client_id: UUID, *, occasions: Sequence[Mapping[str, Any]] | None, family_version: int | None,
    potential: bool | None, seen_on: date,
) -> None:  # fmt: skip
    """None leaves what is kept; an older list of days changes nothing."""
    if occasions is not None and family_version is not None:
        await family.replace(tx, client_id, occasions, family_version=family_version, seen_on=seen_on)
    if potential is not None:
        await family.set_potential(tx, client_id, potential=potential, seen_on=seen_on)
