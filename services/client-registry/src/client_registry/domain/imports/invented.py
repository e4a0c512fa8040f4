"""Invented people for books that have none: names, valid resident numbers, telephones. The same input, the same person.

Numbers of one profile never repeat: they are a permutation of the row's ordinal. Profiles with different seeds (modulo
eight) take their numbers from different places, so that several books fit side by side.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
_GIVEN_FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂英慧巧雅琳洁云莉倩颖露瑶怡婵雪蓉薇菁梦岚"
_GIVEN_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳"
_GIVEN_BOTH = "文子晓志海建国春永少亦思安嘉一景书清远和"
# County-level codes of the statistics bureau's 2023 edition, eight to a seed.
_AREAS = (
    ("110101", "110102", "110105", "110106", "110107", "110108", "110109", "110111"),
    ("310101", "310104", "310105", "310106", "310107", "310109", "310110", "310112"),
    ("440103", "440104", "440105", "440106", "440111", "440112", "440113", "440114"),
    ("320102", "320104", "320105", "320106", "320111", "320113", "320114", "320115"),
    ("330102", "330105", "330106", "330108", "330109", "330110", "330111", "330112"),
    ("420102", "420103", "420104", "420105", "420106", "420107", "420111", "420112"),
    ("510104", "510105", "510106", "510107", "510108", "510112", "510113", "510114"),
    ("610102", "610103", "610104", "610111", "610112", "610113", "610114", "610115"),
)
# Area and the lower half of sequence numbers: what is free once birth date and sex are given. The upper half is left to
# the generator of the example book, so that a generated book and an imported one never meet.
_CELLS = len(_AREAS[0]) * 250
_PHONE_PREFIXES = ("139", "138", "137", "136", "135", "186", "158", "150")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Chance:
    """Repeatable chance: numbers that depend on a seed, a key and a purpose, on nothing else."""

    seed: int
    key: str

    def below(self, limit: int, purpose: str) -> int:
        """A number from 0 up to, not including, the limit."""
        digest = hashlib.blake2b(f"{self.seed}\0{self.key}\0{purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % limit


def sex(chance: Chance) -> str:
    """female or male."""
    return ("female", "male")[chance.below(2, "sex")]


def name(chance: Chance, sex_: str | None) -> str:
    """A Chinese name of two or three characters."""
    given = {"female": _GIVEN_FEMALE, "male": _GIVEN_MALE}.get(sex_ or "", _GIVEN_BOTH)
    text = SURNAMES[chance.below(len(SURNAMES), "surname")] + given[chance.below(len(given), "given")]
    if chance.below(5, "characters") == 0:
        return text
    second = _GIVEN_BOTH + given
    return text[0] + second[chance.below(len(second), "middle")] + text[1]


def birth_date_of_age(chance: Chance, ordinal: int, age: int, on: date) -> date:
    """A birth date of somebody who is `age` years old on that day; rows that share a number's other digits (see
    `resident_number`) have different birthdays.
    """
    turn, cell = divmod(ordinal, _CELLS)
    offset = (turn * 83 + Chance(chance.seed, str(cell)).below(365, "birthday")) % 365
    return _years_before(on, age) - timedelta(days=offset)


def age(chance: Chance) -> int:
    """An adult's age, 22 to 79."""
    return 22 + chance.below(58, "age")


def resident_number(seed: int, ordinal: int, birth: date, sex_: str | None) -> str:
    """A resident identity number (GB 11643) with its check digit; sequence numbers are odd for men, even for women.

    With `birth_date_of_age` of the same ordinal, 730,000 rows have 730,000 numbers.
    """
    areas = _AREAS[seed % len(_AREAS)]
    cell = ordinal % _CELLS
    sequence = 2 * (cell // len(areas)) + (1 if sex_ == "male" else 0)
    body = f"{areas[cell % len(areas)]}{birth:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK[total % 11]


def mobile(seed: int, ordinal: int) -> str:
    """A mobile number; one seed has a hundred million different ones."""
    return f"{_PHONE_PREFIXES[seed % len(_PHONE_PREFIXES)]}{(ordinal * 48_271 + 10_007) % 100_000_000:08d}"


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        # 29 February in a year without one.
        return day.replace(year=day.year - years, day=28)
