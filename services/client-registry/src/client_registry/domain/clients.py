"""A client file (CR-38, CR-45): what is needed to open one, what it says when it exists, and what the client allows."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.contact_ways import ContactWay
from client_registry.domain.events import ClientRegistered, ConsentChanged, RelationshipManagerAssigned
from client_registry.domain.identity_documents import IdentityType, normalize
from client_registry.domain.identity_faults import fault_of
from client_registry.domain.levels import CardLevel, ServiceTier


class ClientKnown(RuleBroken):
    """The document is already on file; the refusal names nobody."""

    code = "client.known"
    text = Text(en="A client with this identity document is already registered.", zh="该证件已登记客户档案。")


class ClientKnownHere(ClientKnown):
    """The same, said to somebody who may see that file."""

    text = Text(en="This identity document belongs to client {client_no}.", zh="该证件已登记在客户 {client_no} 名下。")


class ClientMerged(RuleBroken):
    """The file was merged into another one and only points there."""

    code = "client.merged"
    text = Text(
        en="This file was merged into {surviving_client_id}; work on that one.",
        zh="该档案已并入 {surviving_client_id}，请在该档案上办理。",
    )


class OutsideYourUnit(Forbidden):
    """A file is opened only where its keeper works (CR-39)."""

    code = "client.unit-outside"
    text = Text(en="You cannot open a file for that unit.", zh="您不能为该机构建立客户档案。")


_BIRTH = Text(en="The birth date differs from the identity number.", zh="出生日期与身份证号码不一致。")
_SEX = Text(en="The sex differs from the identity number.", zh="性别与身份证号码不一致。")
_FUTURE = Text(en="A birth date cannot lie in the future.", zh="出生日期不能晚于今天。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the client allows (CR-66 to CR-68) and under which privacy notice (CR-74)."""

    marketing: bool
    events: bool
    wished_interval: str | None
    notice_version: str | None
    recorded_by: str
    version: int

    def change(self, wanted: Self) -> Self:
        """The next version with the wanted choices."""
        return replace(wanted, version=self.version + 1)

    def first(self) -> Self:
        """The same words as the first on a file that had none."""
        return replace(self, version=1)

    def as_json(self) -> dict[str, Any]:
        """Everything of it, as plain values."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Self:
        """What `as_json` gave."""
        return cls(**kept)

    def said(self, client_id: UUID, channels: tuple[str, ...], at: datetime) -> ConsentChanged:
        """The fact that states what is allowed, with the client's ways in his own order (CR-58)."""
        return ConsentChanged(
            at=at,
            version=self.version,
            client_id=client_id,
            marketing=self.marketing,
            events=self.events,
            channels=channels,
            wished_interval=self.wished_interval,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """Everything that opens a file, checked."""

    id: UUID
    client_no: str
    kind: str
    name: str
    identity_type: IdentityType
    identity_number: str
    sex: str | None
    birth_on: date | None
    contacts: tuple[ContactWay, ...]
    consent: Consent
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    manager: str | None
    registered_on: date
    client_since_on: date | None

    def said(self, at: datetime) -> tuple[ClientRegistered | RelationshipManagerAssigned | ConsentChanged, ...]:
        """What is told when the file exists: its first tier, its manager, what the client allows."""
        registered = ClientRegistered(
            at=at,
            version=1,
            client_id=self.id,
            client_no=self.client_no,
            kind=self.kind,
            home_unit_id=self.home_unit_id,
            serving_unit_ids=self.serving_unit_ids,
            manager=self.manager,
            service_tier=ServiceTier.MASS.value,
            card_level=CardLevel.NONE.value,
            asset_band=None,
            synthetic=False,
            registered_on=self.registered_on,
        )
        consent = self.consent.said(self.id, tuple(contact.way.value for contact in self.contacts), at)
        if self.manager is None:
            return registered, consent
        assigned = RelationshipManagerAssigned(
            at=at, version=1, client_id=self.id, manager=self.manager, unit_id=self.home_unit_id,
            from_on=self.registered_on,
        )  # fmt: skip
        return registered, assigned, consent


def checked_identity(kind: IdentityType, number: str) -> str:
    """The normalized number (CR-55, CR-77). Raises Invalid with the reason why it cannot be one of that kind."""
    normalized = normalize(number)
    fault = fault_of(kind, normalized)
    if fault is not None:
        raise Invalid([FieldError("/identity/number", *fault)])
    return normalized


def checked_birth(kind: IdentityType, number: str, birth_on: date | None, *, today: date) -> date | None:
    """The birth date; a resident identity number names it too, and both must agree (CR-54, CR-77)."""
    if kind in (IdentityType.RESIDENT_ID, IdentityType.HOUSEHOLD_BOOK):
        named = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        if birth_on is not None and birth_on != named:
            raise Invalid([FieldError("/birth_on", "birth.differs", _BIRTH)])
        birth_on = named
    if birth_on is not None and birth_on > today:
        raise Invalid([FieldError("/birth_on", "birth.future", _FUTURE)])
    return birth_on


def checked_sex(kind: IdentityType, number: str, sex: str | None) -> str | None:
    """The sex as stated; the last but one digit of a resident identity number names it too (GB 11643: odd is male), and
    both must agree (CR-54, CR-77). Raises Invalid."""
    if kind in (IdentityType.RESIDENT_ID, IdentityType.HOUSEHOLD_BOOK) and sex is not None:
        named = "male" if int(number[16]) % 2 else "female"
        if sex != named:
            raise Invalid([FieldError("/sex", "sex.differs", _SEX)])
    return sex
