"""The two signatures on a paper: the same columns on receipts and issues."""

from typing import Any

from chassis.db import Record

from card_service.domain.signatures import HeldStatus, Signatures

COLUMNS = "status, proposed_by, proposed_at, expires_at, countersigned_by, countersigned_at"


def signatures(row: Record) -> Signatures:
    """The signatures on a row of either table."""
    return Signatures(
        status=HeldStatus(row["status"]),
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        expires_at=row["expires_at"],
        countersigned_by=row["countersigned_by"],
        countersigned_at=row["countersigned_at"],
    )


def opening(signed: Signatures) -> dict[str, Any]:
    """Parameters of a new paper."""
    return {
        "status": signed.status.value,
        "proposed_by": signed.proposed_by,
        "proposed_at": signed.proposed_at,
        "expires_at": signed.expires_at,
    }


def closing(signed: Signatures) -> dict[str, Any]:
    """Parameters of a paper that has come to its end."""
    return {
        "status": signed.status.value,
        "countersigned_by": signed.countersigned_by,
        "countersigned_at": signed.countersigned_at,
    }
