"""A contact that took place: what it was, whether it counts for the cadence, and the fact it becomes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text


class Channel(StrEnum):
    """Ways of contact (EN-9)."""

    PHONE = "phone"
    FACE_TO_FACE = "face_to_face"
    EMAIL = "email"
    SMS = "sms"
    SOCIAL = "social"


class Direction(StrEnum):
    """Who began it; both count for the cadence (EN-8)."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Reason(StrEnum):
    """What the contact was about (EN-14), and the return visit of a complaint (CM-38)."""

    CADENCE = "cadence"
    ENQUIRY = "enquiry"
    RECOMMENDATION = "recommendation"
    CARE = "care"
    NEWS = "news"
    RETURN_VISIT = "return_visit"


MARKETING = frozenset({Reason.RECOMMENDATION, Reason.NEWS})

# The registry's contact ways that each channel needs the client's leave for (EN-10); meeting in person needs none of them.
WAYS_FOR = {
    Channel.PHONE: frozenset({"home_phone", "office_phone", "mobile"}),
    Channel.SMS: frozenset({"mobile"}),
    Channel.EMAIL: frozenset({"email"}),
}


class MarketingMuted(RuleBroken):
    """Marketing while a complaint is open."""

    code: ClassVar[str] = "contact.marketing-muted"
    text: ClassVar[Text] = Text(
        en="Marketing to this client is muted while a complaint is open; a service contact is still possible.",
        zh="该客户有未办结的投诉,营销联系已暂停;服务类联系不受影响。",
    )


class MarketingRefused(RuleBroken):
    """Marketing to a client who said no (EN-10)."""

    code: ClassVar[str] = "contact.marketing-refused"
    text: ClassVar[Text] = Text(
        en="This client does not accept marketing (registration form, survey 2).",
        zh="该客户不接受营销资料(登记表调查第2项)。",
    )


class WayNotPermitted(RuleBroken):
    """Contact in a way the client did not permit (EN-10)."""

    code: ClassVar[str] = "contact.way-not-permitted"
    text: ClassVar[Text] = Text(
        en="The client has not permitted contact by {channel}.",
        zh="客户未同意以该方式({channel})联系。",
    )


class ContactInFuture(RuleBroken):
    """A contact log entry dated after the moment it is written."""

    code: ClassVar[str] = "contact.in-future"
    text: ClassVar[Text] = Text(
        en="A contact that has taken place cannot lie in the future.", zh="已发生的联系不能晚于当前时间。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What the client allows, as the registry last told us."""

    marketing: bool
    channels: tuple[str, ...]
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact with a client, written into the memo (EN-12)."""

    id: UUID
    client_id: UUID
    by: str
    channel: Channel
    direction: Direction
    reason: Reason
    reached: bool
    happened_at: datetime

    @property
    def qualifies(self) -> bool:
        """Whether the cadence counts on from this contact: the client was reached, whoever began (EN-8, EN-13)."""
        return self.reached

    def allowed(self, permissions: Permissions, *, now: datetime) -> None:
        """Refuse what the client or an open complaint forbids (EN-10); an inbound contact is the client's own choice.

        Raises ContactInFuture, MarketingMuted, MarketingRefused or WayNotPermitted.
        """
        if self.happened_at > now:
            raise ContactInFuture()
        if self.direction is Direction.INBOUND:
            return
        if self.reason in MARKETING and permissions.muted:
            raise MarketingMuted()
        if self.reason in MARKETING and not permissions.marketing:
            raise MarketingRefused()
        needed = WAYS_FOR.get(self.channel)
        if needed and permissions.channels and not needed & set(permissions.channels):
            raise WayNotPermitted(channel=self.channel.value)
