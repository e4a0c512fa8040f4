"""How a person's data looks to somebody who may know that it is there but not what it says.

Default masked (XC-12, XC-15): every view masks unless a purpose was given and audited. The last four characters of an
identity number are a factor of recognition, so its mask never shows them.
"""

import re

_COMPOUND_SURNAMES = frozenset(
    {
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "令狐",
        "百里",
        "呼延",
        "东郭",
        "西门",
        "南门",
        "第五",
    }
)
_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]")


def mask_name(name: str) -> str:
    """The surname and a star for each other character: 王小明 -> 王**, 欧阳娜娜 -> 欧阳**; John Smith -> J*** S***.

    A name of one character is hidden whole; an empty name stays empty.
    """
    plain = name.strip()
    if not plain:
        return ""
    if _HAN.search(plain):
        surname = 2 if len(plain) > 2 and plain[:2] in _COMPOUND_SURNAMES else 1
        return plain[:surname] + "*" * (len(plain) - surname) if len(plain) > 1 else "*"
    return " ".join(f"{word[0]}***" if len(word) > 1 else "*" for word in plain.split())


def mask_phone(number: str) -> str:
    """The operator's digits and the last two: 13812345678 -> 138******78, +8613812345678 -> +86138******78.

    Short numbers keep only the last two digits, never more than a third of what they are.
    """
    plain = re.sub(r"[\s\-()]", "", number)
    prefix = 6 if plain.startswith("+86") else 3
    if len(plain) < prefix + 7:
        shown = min(2, len(plain) // 3)
        return "*" * (len(plain) - shown) + plain[len(plain) - shown :]
    return plain[:prefix] + "*" * (len(plain) - prefix - 2) + plain[-2:]


def mask_identity_number(number: str) -> str:
    """First and last character only: 110101199003070038 -> 1****************8. Four or fewer are hidden whole."""
    plain = number.strip()
    return "*" * len(plain) if len(plain) <= 4 else plain[0] + "*" * (len(plain) - 2) + plain[-1]


def mask_card_number(number: str) -> str:
    """The last four digits: 6222021234567890 -> ************7890. Fewer than eight are hidden whole."""
    plain = re.sub(r"[\s\-]", "", number)
    return "*" * len(plain) if len(plain) < 8 else "*" * (len(plain) - 4) + plain[-4:]


def mask_email(address: str) -> str:
    """The first letter and the domain: wang.xm@example.com -> w***@example.com."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local[:1]}***@{domain}" if at and local else "***"
