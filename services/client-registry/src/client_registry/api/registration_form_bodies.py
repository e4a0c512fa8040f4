"""What is sent and answered about the registration form."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from pydantic import Field

from client_registry.api.client_bodies import ContactBody, ContactView, Interval
from client_registry.domain.registration_form import Answer, Source
from client_registry.use_cases.fill_registration_form import FilledForm
from client_registry.views.registration_forms import FormView

_CODE = Field(default=None, max_length=64)
_CODES = Field(default=None, max_length=20)
_TEXT = Field(default=None, max_length=200)
_LONG = Field(default=None, max_length=2000)
_NUMBER = Field(default=None, max_length=32)
# Not a field of the form, but what is said about entering it.
_ABOUT = frozenset({"source", "contacts", "confirm_mobile", "confirm_home_phone", "confirm_office_phone", "confirm_email",
                    "confirm_fax"})  # fmt: skip


class FillRegistrationForm(Input):
    """The form (CCB Annex 2). A field left out stays as it is; null clears it. Codes: `GET /v1/reference-data/{set}`."""

    source: Source = described(en="Where the changed fields come from", zh="本次变更信息的来源")
    form_on: date | None = described(en="Date of the form", zh="填表日期", default=None)
    sex: Literal["female", "male"] | None = None
    birth_on: date | None = None
    contacts: list[ContactBody] | None = Field(default=None, max_length=5)
    confirm_mobile: str | None = described(
        en="The mobile number entered again", zh="再次录入的手机号码", default=None, max_length=254
    )
    confirm_home_phone: str | None = Field(default=None, max_length=254)
    confirm_office_phone: str | None = Field(default=None, max_length=254)
    confirm_fax: str | None = Field(default=None, max_length=254)
    confirm_email: str | None = Field(default=None, max_length=254)
    address: str | None = _TEXT
    postcode: str | None = Field(default=None, max_length=16)
    employer: str | None = _TEXT
    marital_status: str | None = _CODE
    education: str | None = _CODE
    employer_type: str | None = _CODE
    occupation: str | None = _CODE
    position: str | None = _CODE
    monthly_income: str | None = _CODE
    hobbies: list[str] | None = _CODES
    hobbies_other: str | None = _TEXT
    wished_interval: Interval | None = described(
        en="Survey 1: wished contact interval", zh="调查1：希望的联系频率", default=None
    )
    accepts_marketing: bool | None = described(
        en="Survey 2: accepts marketing mail", zh="调查2：是否接受营销邮件及资料", default=None
    )
    attends_events: bool | None = described(
        en="Survey 3: willing to attend events", zh="调查3：是否愿意参加联谊活动", default=None
    )
    fund_uses: list[str] | None = _CODES
    fund_uses_other: str | None = _TEXT
    wanted_information: list[str] | None = _CODES
    wanted_information_other: str | None = _TEXT
    needs_and_suggestions: str | None = _LONG
    passbook_1: str | None = _NUMBER
    passbook_2: str | None = _NUMBER
    debit_card_1: str | None = _NUMBER
    debit_card_2: str | None = _NUMBER
    credit_card: str | None = _NUMBER
    rm_opinion: str | None = _LONG
    centre_opinion: str | None = _LONG
    client_category: str | None = _CODE
    savings_office: str | None = _TEXT

    def filled(self) -> FilledForm:
        """The form as it was entered: only what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - _ABOUT}
        contacts = None
        if "contacts" in self.model_fields_set:
            contacts = tuple((contact.way, contact.value) for contact in self.contacts or ())
        twice = {name.removeprefix("confirm_"): getattr(self, name) for name in _ABOUT if name.startswith("confirm_")}
        return FilledForm(entered=sent, contacts=contacts, twice=twice, source=self.source)


class OriginView(Output):
    """Where a field comes from (CR-75), when it was verified, and since when the client says that it has changed."""

    field: str
    source: str
    collector: str
    collected_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    doubted_at: datetime | None


class RegistrationFormView(Output):
    """The form; texts, numbers and contact ways are masked unless `masked` is false."""

    client_id: UUID
    client_no: str
    version: int
    masked: bool
    form_on: date | None
    name: str
    sex: str | None
    birth_on: date | None
    identity_type: str | None
    identity_number: str | None
    contacts: list[ContactView]
    address: str | None = None
    postcode: str | None = None
    employer: str | None = None
    marital_status: str | None = None
    education: str | None = None
    employer_type: str | None = None
    occupation: str | None = None
    position: str | None = None
    monthly_income: str | None = None
    hobbies: list[str] = Field(default_factory=list)
    hobbies_other: str | None = None
    wished_interval: str | None
    accepts_marketing: bool | None
    attends_events: bool | None
    fund_uses: list[str] = Field(default_factory=list)
    fund_uses_other: str | None = None
    wanted_information: list[str] = Field(default_factory=list)
    wanted_information_other: str | None = None
    needs_and_suggestions: str | None = None
    passbook_1: str | None = None
    passbook_2: str | None = None
    debit_card_1: str | None = None
    debit_card_2: str | None = None
    credit_card: str | None = None
    rm_opinion: str | None = None
    centre_opinion: str | None = None
    card_number: str | None
    client_category: str | None = None
    savings_office: str | None = None
    origins: list[OriginView]


class ChangeView(Output):
    """One change of one field; values are masked unless a purpose was given."""

    change_id: UUID
    field: str
    group: str
    before: str | None
    after: str | None
    source: str
    changed_by: str
    changed_at: datetime


_MANY = frozenset({"hobbies", "fund_uses", "wanted_information"})


def form_view(form: FormView) -> RegistrationFormView:
    """A form as it is answered."""
    file, consent = form.file, form.consent
    return RegistrationFormView.model_validate(
        {
            "client_id": file.id,
            "client_no": file.client_no,
            "version": form.version,
            "masked": file.masked,
            "form_on": form.form_on,
            "name": file.name,
            "sex": file.sex,
            "birth_on": file.birth_on,
            "identity_type": file.identity_type,
            "identity_number": file.identity_number,
            "contacts": [ContactView.model_validate(contact) for contact in file.contacts],
            "wished_interval": None if consent is None else consent.wished_interval,
            "accepts_marketing": None if consent is None else consent.marketing,
            "attends_events": None if consent is None else consent.events,
            "card_number": file.card_number,
            "origins": [OriginView.model_validate(origin) for origin in form.origins],
            **{name: _value(name, answer) for name, answer in form.answers.items()},
        }
    )


def _value(name: str, answer: Answer) -> object:
    if answer.codes is None:
        return answer.text
    return list(answer.codes) if name in _MANY else answer.codes[0]
