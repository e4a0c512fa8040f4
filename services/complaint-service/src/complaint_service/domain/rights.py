"""Who may read a case's words and who confirms its closing (CM-17, BOC-S Art. 34(6); A11)."""

from collections.abc import Iterable
from datetime import datetime

from chassis.identity import Principal

OFFICERS = ("complaint_officer", "complaint_coordinator")
CALL_CENTRE_OFFICER = "call_centre_complaint_officer"


def is_officer(who: Principal, *, handler: str | None, unit_paths: Iterable[str], now: datetime) -> bool:
    """A complaint officer or coordinator of a place of the case; the call centre's officer for what he handles."""
    paths = tuple(unit_paths)
    for grant in who.grants:
        if grant.until is not None and grant.until <= now:
            continue
        if grant.role in OFFICERS and any(path.startswith(grant.unit_path) for path in paths):
            return True
        if grant.role == CALL_CENTRE_OFFICER and who.subject == handler:
            return True
    return False


def may_read_words(
    who: Principal,
    *,
    handler: str | None,
    opened_by: str,
    unit_paths: Iterable[str],
    now: datetime,
) -> bool:
    """The handler, the officers in charge, and whoever opened the case; nobody else, not even the unit's head."""
    return who.subject in (handler, opened_by) or is_officer(who, handler=handler, unit_paths=unit_paths, now=now)
