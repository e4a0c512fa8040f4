"""A company's file (CR-49, CR-50): what it holds, how companies are layered, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import Source


class NotCorporate(RuleBroken):
    code = "corporate-file.not-corporate"
    text = Text(en="This is a person's file, not a company's.", zh="该档案属于个人客户，不是公司客户。")


class Influence(StrEnum):
    """What a person has to say in a company."""

    DECISION_MAKER = "decision_maker"
    INFLUENCER = "influencer"


class Layer(StrEnum):
    """By what companies are layered (CR-50), and the outlet that keeps the file."""

    INDUSTRY = "industry"
    REGION = "region"
    CHARACTERISTIC = "characteristic"
    NEED = "need"
    OUTLET = "outlet"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporatePerson:
    """Somebody who decides or has influence."""

    role: Influence
    name: str
    position: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateFile:
    """What is known of a company beside its registration; the region is a division code, whole provinces end in 0000."""

    investors: str | None
    business: str | None
    industry: str | None
    region: str | None
    characteristics: tuple[str, ...]
    needs: tuple[str, ...]
    people: tuple[CorporatePerson, ...]
    source: Source


def check_file(file: CorporateFile, sets: Mapping[str, OptionSet]) -> None:
    """Raises Invalid with every code that is not offered; a region's first two digits name its province."""
    errors: list[FieldError | None] = []
    if file.industry is not None:
        errors.append(sets["industry"].refuse("/industry", file.industry))
    if file.region is not None:
        errors.append(sets["region"].refuse("/region", province_of(file.region)))
    errors += sets["corporate_characteristic"].refuse_many("/characteristics", file.characteristics)
    errors += sets["corporate_need"].refuse_many("/needs", file.needs)
    found = [error for error in errors if error is not None]
    if found:
        raise Invalid(found)


def province_of(region: str) -> str:
    """The province of a division code: 110102 lies in 110000."""
    return f"{region[:2]}0000"
