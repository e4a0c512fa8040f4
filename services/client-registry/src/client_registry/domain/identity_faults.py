"""Why an identity number cannot be one of its kind (CR-55, CR-77): the precise reason, never the number."""

import re

from chassis.texts import Text
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from client_registry.domain.identity_documents import IdentityType, is_valid

# Provinces of GB/T 2260 by the first two digits, with the codes of Hong Kong, Macao and Taiwan residents.
_REGIONS = frozenset(
    str(region)
    for regions in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for region in regions
)
_CITIZEN = (IdentityType.RESIDENT_ID, IdentityType.HOUSEHOLD_BOOK)
FAULTS = {
    "identity.shape": Text(en="A number of this kind is written as: {shape}.", zh="该类证件号码格式应为：{shape}。"),
    "identity.region": Text(en="The first two digits name no region.", zh="前两位不是有效的行政区划代码。"),
    "identity.date": Text(en="Digits 7 to 14 name no possible date.", zh="第7至14位不是有效的出生日期。"),
    "identity.check-digit": Text(
        en="The check digit does not fit; a digit is wrong or two are exchanged.",
        zh="校验位不符，可能有数字输错或颠倒。",
    ),
}
_SHAPE_WORDS = {
    IdentityType.RESIDENT_ID: Text(en="17 digits and a digit or X", zh="17位数字加1位数字或X"),
    IdentityType.HOUSEHOLD_BOOK: Text(en="17 digits and a digit or X", zh="17位数字加1位数字或X"),
    IdentityType.PASSPORT: Text(en="6 to 12 letters and digits", zh="6至12位字母和数字"),
    IdentityType.MILITARY_OFFICER: Text(
        en="up to 4 characters and 6 to 10 letters or digits", zh="至多4个汉字加6至10位字母或数字"
    ),
    IdentityType.HMT_PERMIT: Text(
        en="H or M and 8 or 10 digits, 8 or 10 digits, or 18 digits beginning with 81, 82 or 83",
        zh="H或M加8位或10位数字、8位或10位数字，或81、82、83开头的18位数字",
    ),
    IdentityType.FOREIGN_PERMANENT_RESIDENT: Text(
        en="3 letters and 12 digits, or 18 digits beginning with 9", zh="3位字母加12位数字，或9开头的18位数字"
    ),
    IdentityType.UNIFIED_SOCIAL_CREDIT: Text(
        en="18 digits and capital letters without I, O, S, V, Z", zh="18位数字和大写字母（不含I、O、S、V、Z）"
    ),
}
_USCC = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}")


def fault_of(kind: IdentityType, number: str) -> tuple[str, Text] | None:
    """Code and sentence of what is wrong with a normalized number; None where it can be one of that kind."""
    code = _fault(kind, number)
    if code is None:
        return None
    if code != "identity.shape":
        return code, FAULTS[code]
    shape, words = FAULTS[code], _SHAPE_WORDS[kind]
    return code, Text(en=shape.en.format(shape=words.en), zh=shape.zh.format(shape=words.zh))


def _fault(kind: IdentityType, number: str) -> str | None:
    if kind in _CITIZEN:
        return _citizen_fault(number)
    if kind is IdentityType.UNIFIED_SOCIAL_CREDIT:
        return _credit_code_fault(number)
    if not is_valid(kind, number):
        return "identity.shape"
    # The residence permit of Hong Kong, Macao and Taiwan residents bears a date and a check digit like a citizen's number.
    return _citizen_fault(number) if re.fullmatch(r"8[123]0000\d{11}[\dX]", number) else None


def _citizen_fault(number: str) -> str | None:
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return "identity.shape"
    if number[:2] not in _REGIONS:
        return "identity.region"
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return "identity.date"
    return None if ric.calc_check_digit(number) == number[-1] else "identity.check-digit"


def _credit_code_fault(number: str) -> str | None:
    if not _USCC.fullmatch(number):
        return "identity.shape"
    try:
        uscc.validate(number)
    except InvalidChecksum:
        return "identity.check-digit"
    except ValidationError:
        return "identity.shape"
    return None
