"""Sharing of client data inside and outside the bank: stated, limited in time, followed (CR-82 to CR-84, XC-17, XC-24)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from chassis.identity import Grant
from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

# The longest a grant may run before it is asked for anew; an own choice, the rule only wants a stated period.
LONGEST_DAYS = {"internal": 366, "external": 366, "legal": 31}


class SharingKind(StrEnum):
    """To another part of the bank, to somebody outside with the client's authorisation, or because the law says so."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    LEGAL = "legal"


class SharingPurpose(StrEnum):
    """CR-81: service, relationship management, risk assessment and control; by law for what the law names."""

    SERVICE = "service"
    RELATIONSHIP_MANAGEMENT = "relationship_management"
    RISK_CONTROL = "risk_control"
    LEGAL_DISCLOSURE = "legal_disclosure"


class SharedField(StrEnum):
    """What can be shared, along the information groups of CR-76."""

    NAME = "name"
    IDENTITY = "identity"
    BIRTH_DATE = "birth_date"
    CONTACTS = "contacts"
    SERVICE_STANDING = "service_standing"
    FINANCIAL = "financial"
    TRANSACTIONAL = "transactional"
    PREFERENCE = "preference"
    RISK = "risk"


class SharingNotInForce(RuleBroken):
    """Not yet, not any more, or withdrawn: nothing is shown (CR-82)."""

    code = "sharing.not-in-force"
    text = Text(
        en="This authorisation is not in force: it runs from {from_on} to {until_on}, unless it was withdrawn before.",
        zh="该共享授权不在有效期内：有效期为 {from_on} 至 {until_on}，已撤回的即时失效。",
    )


class NotTheRecipient(Forbidden):
    """Somebody to whom this was not granted."""

    code = "sharing.not-the-recipient"
    text = Text(en="This authorisation was given to somebody else.", zh="该共享授权的对象不是您。")


class AlreadyRevoked(RuleBroken):
    """It was withdrawn before."""

    code = "sharing.already-revoked"
    text = Text(en="This authorisation was withdrawn already.", zh="该共享授权已撤回。")


_BEYOND = Text(
    en="Only fields that were granted; not granted: {fields}.", zh="只能使用已授权的信息项，未授权：{fields}。"
)
_PERIOD = Text(en="At most {days} days, and not before the first day.", zh="期限最长 {days} 天，且不得早于起始日。")
_PAST = Text(en="A period that has ended already grants nothing.", zh="期限已届满，授权无效。")
_AGREEMENT = Text(
    en="The confidentiality agreement ends on {until_on}, before the sharing does.",
    zh="保密协议于 {until_on} 到期，早于共享期限。",
)
_LATER = Text(en="The client's authorisation must be given before the sharing begins.", zh="客户授权须早于共享起始日。")
_PURPOSE = Text(
    en="Only legal disclosure has this purpose, and it has no other.",
    zh="该目的仅限依法披露，依法披露亦不得另设目的。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingGrant:
    """Who may see which fields of one client, for what, and how long."""

    id: UUID
    client_id: UUID
    kind: SharingKind
    purpose: SharingPurpose
    fields: tuple[SharedField, ...]
    recipient_role: str | None
    recipient_unit_id: UUID | None
    recipient_name: str | None
    authorised_on: date | None
    agreement_until_on: date | None
    from_on: date
    until_on: date
    revoked: bool
    version: int

    def is_in_force(self, today: date) -> bool:
        """Within its period, its last day included, and not withdrawn."""
        return not self.revoked and self.from_on <= today <= self.until_on

    def check_stated(self, *, today: date) -> None:
        """Raises Invalid for a period, a purpose or an agreement that cannot be (CR-82, CR-83)."""
        days = LONGEST_DAYS[self.kind]
        problems = []
        if self.until_on < self.from_on or (self.until_on - self.from_on).days >= days:
            problems.append(FieldError("/until_on", "sharing.period", _PERIOD, {"days": days}))
        elif self.until_on < today:
            problems.append(FieldError("/until_on", "sharing.past", _PAST))
        if (self.kind is SharingKind.LEGAL) != (self.purpose is SharingPurpose.LEGAL_DISCLOSURE):
            problems.append(FieldError("/purpose", "sharing.purpose", _PURPOSE))
        if self.agreement_until_on is not None and self.agreement_until_on < self.until_on:
            params = {"until_on": self.agreement_until_on.isoformat()}
            problems.append(FieldError("/agreement_until_on", "sharing.agreement-too-short", _AGREEMENT, params))
        if self.authorised_on is not None and self.authorised_on > min(self.from_on, today):
            problems.append(FieldError("/authorised_on", "sharing.authorised-later", _LATER))
        if problems:
            raise Invalid(problems)

    def check_use(
        self, fields: Iterable[SharedField], *, grants: Iterable[Grant], recipient_path: str | None, today: date
    ) -> None:
        """Fails closed: raises SharingNotInForce, NotTheRecipient, or Invalid for fields that were not granted.

        Inside the bank only holders of the granted role at the granted unit or below use it; what goes outside is taken out
        by the home unit's own staff, for nobody outside has a path into the system (CR-85).
        """
        if not self.is_in_force(today):
            raise SharingNotInForce(from_on=self.from_on.isoformat(), until_on=self.until_on.isoformat())
        if self.kind is SharingKind.INTERNAL and not any(
            grant.role == self.recipient_role
            and recipient_path is not None
            and grant.unit_path.startswith(recipient_path)
            for grant in grants
        ):
            raise NotTheRecipient()
        beyond = sorted(set(fields) - set(self.fields))
        if beyond:
            raise Invalid([FieldError("/fields", "sharing.beyond", _BEYOND, {"fields": ", ".join(beyond)})])
