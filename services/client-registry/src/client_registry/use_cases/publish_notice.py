"""Publishing a version of the privacy notice (CR-74)."""

from dataclasses import replace

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.notices import NoticePublished, PrivacyNotice, check_version
from client_registry.store import notices


async def publish_notice(tx: Tx, notice: PrivacyNotice, *, by: Principal) -> PrivacyNotice:
    """The version as it stands from now on. Raises NoticePublished, and Invalid for what is no version."""
    check_version(notice.version)
    published = replace(notice, published_by=by.subject)
    if not await notices.publish(tx, published):
        raise NoticePublished()
    await audit.record(
        tx, act="notice.published", by=by, object_type="privacy-notice", object_id=notice.version,
        at=notice.published_at,
    )  # fmt: skip
    return published
