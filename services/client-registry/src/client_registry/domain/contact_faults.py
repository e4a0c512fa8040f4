"""Why a phone number, an e-mail address or a postcode cannot be one (CR-56, CR-57, CR-77): the precise reason with the
expected form, never the value."""

import re
import unicodedata
from functools import cache

import phonenumbers
from chassis.texts import Text
from phonenumbers import PhoneNumberType, ValidationResult

Fault = tuple[str, Text]
FAULTS: dict[str, Text] = {
    "phone.characters": Text(
        en="A number has digits, spaces, hyphens and brackets, + at the front and an extension at the end only.",
        zh="号码只能包含数字、空格、连字符和括号，开头可为 +，末尾可为分机号。",
    ),
    "phone.too-short": Text(
        en="The number is too short; expected like 13812345678 or 010-66001234.",
        zh="号码位数不足，格式如 13812345678 或 010-66001234。",
    ),
    "phone.too-long": Text(
        en="The number is too long; expected like 13812345678 or 010-66001234.",
        zh="号码位数过多，格式如 13812345678 或 010-66001234。",
    ),
    "phone.area-code-missing": Text(
        en="The area code is missing, like 010-66001234; for Hong Kong, Macao and abroad begin with + and the country "
        "code, like +852 2345 6789.",
        zh="缺少区号，如 010-66001234；香港、澳门及境外号码须以 + 和国家（地区）代码开头，如 +852 2345 6789。",
    ),
    "phone.area-code-unknown": Text(
        en="There is no such area code; expected like 010-66001234 or 0755-82345678.",
        zh="区号不存在，格式如 010-66001234 或 0755-82345678。",
    ),
    "phone.not-assigned": Text(
        en="No subscriber can have this number in that area.", zh="该区号下不存在此号码，请核对。"
    ),
    "phone.extension": Text(
        en="An extension has 1 to 6 digits at the end of a landline, like 010-66001234-801.",
        zh="分机号为1至6位数字，写在固定电话之后，如 010-66001234-801。",
    ),
    "phone.country-unknown": Text(
        en="No country has this code; expected like +1 415 555 2671, +852 2345 6789, +853 2871 2345, +886 2 2345 6789.",
        zh="国家（地区）代码不存在，格式如 +1 415 555 2671、+852 2345 6789、+853 2871 2345、+886 2 2345 6789。",
    ),
    "phone.abroad": Text(
        en="This is no number of {country}; expected like {example}.", zh="不是有效的{country}号码，格式如 {example}。"
    ),
    "phone.abroad-too-short": Text(
        en="This is too short for a number of {country}; expected like {example}.",
        zh="{country}号码位数不足，格式如 {example}。",
    ),
    "phone.abroad-too-long": Text(
        en="This is too long for a number of {country}; expected like {example}.",
        zh="{country}号码位数过多，格式如 {example}。",
    ),
    "mobile.too-short": Text(en="A mobile number has 11 digits; some are missing.", zh="手机号码应为11位，位数不足。"),
    "mobile.too-long": Text(en="A mobile number has 11 digits; there are more.", zh="手机号码应为11位，位数过多。"),
    "mobile.landline": Text(
        en="This is a landline; give it as home or office phone. A mobile number has 11 digits and begins with 1.",
        zh="该号码为固定电话，请填入住宅或办公电话；手机号码为11位，以1开头。",
    ),
    "mobile.prefix-not-assigned": Text(
        en="No operator has numbers that begin with these three digits.", zh="该手机号段（前三位）尚未分配。"
    ),
    "mobile.extension": Text(en="A mobile number has no extension.", zh="手机号码没有分机号。"),
    "email.at-sign": Text(
        en="An address has one @, like name@example.com.", zh="邮箱地址须有一个 @，如 name@example.com。"
    ),
    "email.local": Text(
        en="Letters, digits and . _ % + - stand before the @, no dot first, last or doubled.",
        zh="@ 之前只能为字母、数字及 . _ % + -，点号不能在首尾或连续出现。",
    ),
    "email.domain": Text(
        en="After the @ stands a domain with a dot, like example.com.", zh="@ 之后应为含点号的域名，如 example.com。"
    ),
    "email.characters": Text(
        en="An address has no spaces, Chinese or full-width characters.", zh="邮箱地址不能含空格、汉字或全角字符。"
    ),
    "postcode.digits": Text(en="A postcode has digits only, like 100033.", zh="邮政编码只能为数字，如 100033。"),
    "postcode.length": Text(en="A postcode has six digits, like 100033.", zh="邮政编码应为6位数字，如 100033。"),
    "postcode.region": Text(
        en="The first two digits name no postal region; Hong Kong is 999077, Macao 999078, Taiwan 999079.",
        zh="前两位不是有效的邮区；香港为 999077，澳门为 999078，台湾为 999079。",
    ),
}
_NUMBER = re.compile(r"\+?[\d\s\-()./]+")
_EXTENSION = re.compile(r"(?:转|分机|;?ext[.=]?|[x#])\s*(.*)$", re.IGNORECASE)
_HYPHENED = re.compile(r"(.*\d)-(\d+)$")
_OF_LENGTH = {
    ValidationResult.TOO_SHORT: "phone.abroad-too-short",
    ValidationResult.TOO_LONG: "phone.abroad-too-long",
}
_LOCAL = re.compile(r"[A-Za-z0-9_%+\-]+(\.[A-Za-z0-9_%+\-]+)*")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
# Postal regions by the first two digits: 30 and 31 Tianjin and Zhejiang, 40 Chongqing, 99 Hong Kong, Macao, Taiwan.
_POSTAL = frozenset(
    f"{region:02d}"
    for regions in ((1, 7), (10, 13), (15, 16), (20, 27), (30, 36), (40, 47), (51, 57), (61, 67), (71, 75), (81, 81),
                    (83, 86), (99, 99))
    for region in range(regions[0], regions[1] + 1)
)  # fmt: skip
_NAMES = {
    "HK": Text(en="Hong Kong", zh="香港"),
    "MO": Text(en="Macao", zh="澳门"),
    "TW": Text(en="Taiwan", zh="台湾"),
}


def fault_of_phone(value: str, *, mobile: bool) -> Fault | None:
    """What is wrong with a phone or fax number: of the mainland, or with + or 00 from anywhere else."""
    number, extension = split_extension(unicodedata.normalize("NFKC", value))
    if not _NUMBER.fullmatch(number) or not any(map(str.isdigit, number)):
        return "phone.characters", FAULTS["phone.characters"]
    if extension is not None and not re.fullmatch(r"\d{1,6}", extension):
        return "phone.extension", FAULTS["phone.extension"]
    digits = re.sub(r"\D", "", number)
    abroad = number.strip().startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if not number.strip().startswith("+") else digits
    if abroad and not digits.startswith("86"):
        return _abroad_fault(digits)
    home = digits.removeprefix("86") if abroad else digits
    code = _mobile_fault(home, extension) if mobile or _looks_mobile(home) else _landline_fault(home, abroad=abroad)
    return None if code is None else (code, FAULTS[code])


def fault_of_postcode(value: str) -> Fault | None:
    """What is wrong with a postcode of the mainland, or of Hong Kong, Macao and Taiwan as mail to them bears it."""
    if not value.isascii() or not value.isdigit():
        code = "postcode.digits"
    elif len(value) != 6:
        code = "postcode.length"
    elif value[:2] not in _POSTAL:
        code = "postcode.region"
    else:
        return None
    return code, FAULTS[code]


def split_extension(value: str) -> tuple[str, str | None]:
    """A number and its extension, if it names one: 转801, ext 801, x801, or a last -801 after a whole number."""
    found = _EXTENSION.search(value)
    if found is not None:
        return value[: found.start()].strip(), found[1].strip()
    hyphened = _HYPHENED.fullmatch(value.strip())
    if hyphened is not None and len(hyphened[2]) <= 6 and _is_whole(hyphened[1]):
        return hyphened[1], hyphened[2]
    return value.strip(), None


def _is_whole(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    except phonenumbers.NumberParseException:
        return False


def _looks_mobile(home: str) -> bool:
    return len(home) == 11 and home.startswith("1") and not home.startswith("10")


def _mobile_fault(home: str, extension: str | None) -> str | None:
    if home.startswith("0") or (len(home) < 11 and _landline_fault(f"0{home}", abroad=False) is None):
        return "mobile.landline"
    if not home.startswith("1"):
        return (
            "mobile.too-short"
            if len(home) < 7
            else "mobile.landline"
            if len(home) <= 8
            else "mobile.prefix-not-assigned"
        )
    if len(home) != 11:
        return "mobile.too-short" if len(home) < 11 else "mobile.too-long"
    if extension is not None:
        return "mobile.extension"
    return None if _type_of(home) is PhoneNumberType.MOBILE else "mobile.prefix-not-assigned"


def _landline_fault(home: str, *, abroad: bool) -> str | None:
    if _service_number(home):
        return None
    trunk = home if home.startswith("0") or not abroad else f"0{home}"
    if not trunk.startswith("0"):
        if len(trunk) < 7:
            return "phone.too-short"
        return "phone.area-code-missing" if len(trunk) <= 8 else "phone.area-code-unknown"
    code = trunk[:3] if trunk[1:2] in ("1", "2") else trunk[:4]
    if len(trunk) < 5:
        return "phone.too-short"
    if not _is_area_code(code):
        return "phone.area-code-unknown"
    rest = len(trunk) - len(code)
    if rest < 7 or (len(code) == 3 and rest < 8):
        return "phone.too-short"
    if rest > 8:
        return "phone.too-long"
    return None if _is_whole(trunk) else "phone.not-assigned"


def _service_number(home: str) -> bool:
    """Numbers without area code that everybody can call: 400 and 800."""
    return re.fullmatch(r"[48]00\d{7}", home) is not None


@cache
def _is_area_code(code: str) -> bool:
    return any(_is_whole(f"{code}{first}{'2345678'[: length - 1]}") for length in (8, 7) for first in "2345678")


def _type_of(home: str) -> int:
    return phonenumbers.number_type(phonenumbers.parse(home, "CN"))


def _abroad_fault(digits: str) -> Fault | None:
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return "phone.country-unknown", FAULTS["phone.country-unknown"]
    if phonenumbers.is_valid_number(parsed):
        return None
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    if region == phonenumbers.UNKNOWN_REGION:
        return "phone.country-unknown", FAULTS["phone.country-unknown"]
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    code = _OF_LENGTH.get(reason, "phone.abroad")
    example = phonenumbers.example_number(region)
    shown = (
        "+" if example is None else phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )
    name, said = _NAMES.get(region, Text(en=region, zh=region)), FAULTS[code]
    return code, Text(
        en=said.en.format(country=name.en, example=shown), zh=said.zh.format(country=name.zh, example=shown)
    )


def fault_of_email(value: str) -> Fault | None:
    """What is wrong with an e-mail address."""
    code = _email_fault(value.strip())
    return None if code is None else (code, FAULTS[code])


def _email_fault(value: str) -> str | None:
    if not value.isascii() or re.search(r"\s", value):
        return "email.characters"
    if value.count("@") != 1:
        return "email.at-sign"
    local, _, domain = value.partition("@")
    if not _LOCAL.fullmatch(local):
        return "email.local"
    return None if _DOMAIN.fullmatch(domain) else "email.domain"
