"""Privacy notices (CR-74, CCB Annex 2): a yes is worth what the client was told when he said it."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.clients import Consent

_VERSION = re.compile(r"\d{4}-\d{2}(\.\d{1,3})?")
_NEEDED = Text(
    en="A yes needs the version of the privacy notice that the client was shown.",
    zh="客户同意须注明所告知的隐私告知版本。",
)
_UNKNOWN = Text(en="This privacy notice is not published.", zh="该隐私告知版本尚未发布。")
_NOT_A_VERSION = Text(en="A version is a year and month, like 2026-01.", zh="版本号须为年月，如 2026-01。")


class NoticePublished(RuleBroken):
    """A published version never changes (CR-74)."""

    code = "notice.published"
    text = Text(en="This version is published already; publish the next one.", zh="该版本已发布，请发布新版本。")


class Purpose(StrEnum):
    """What a client is asked for (CR-66 to CR-68)."""

    MARKETING = "marketing"
    EVENTS = "events"
    CONTACT_INTERVAL = "contact_interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyNotice:
    """One published version, in both languages."""

    version: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    valid_from: date
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that the client said yes or no to."""

    purpose: Purpose
    given: bool
    wished_interval: str | None


def statements(before: Consent | None, after: Consent) -> list[Statement]:
    """What is new in a consent: everything the first time, later what changed. A withdrawn yes is a no."""
    found = []
    for purpose, was, now in (
        (Purpose.MARKETING, None if before is None else before.marketing, after.marketing),
        (Purpose.EVENTS, None if before is None else before.events, after.events),
    ):
        if was is not now:
            found.append(Statement(purpose=purpose, given=now, wished_interval=None))
    wished, earlier = after.wished_interval, None if before is None else before.wished_interval
    if wished != earlier:
        given = wished is not None
        found.append(Statement(purpose=Purpose.CONTACT_INTERVAL, given=given, wished_interval=wished))
    return found


def check_notice(consent: Consent, published: bool, *, pointer: str) -> None:
    """A yes needs a published notice (CR-74); a no needs none. Raises Invalid at `pointer`."""
    if consent.notice_version is None:
        if consent.marketing or consent.events:
            raise Invalid([FieldError(pointer, "notice.needed", _NEEDED)])
    elif not published:
        raise Invalid([FieldError(pointer, "notice.unknown", _UNKNOWN)])


def check_version(version: str) -> None:
    """Raises Invalid for what is no version."""
    if not _VERSION.fullmatch(version):
        raise Invalid([FieldError("/version", "notice.version", _NOT_A_VERSION)])
