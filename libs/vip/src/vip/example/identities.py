"""Invented people: names, resident numbers with their check digit, telephones. Nobody is meant."""

from datetime import date, timedelta
from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董"
    "袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
)
_FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂英慧巧雅琳洁云莉倩颖露瑶怡婵雪蓉薇菁梦岚琼欣"
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳毅峰"
_EITHER = "文子晓志海建国春永少亦思安嘉一景书清远和天立德世家"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
# Sequence numbers 500 to 999: importers that invent identities take the lower half.
_PAIRS = 250
_FIRST_PAIR = 250
_PHONE_PREFIX = "189"


def name(chance: Random, sex: str) -> str:
    """A Chinese name of two or three characters."""
    given = _FEMALE if sex == "female" else _MALE
    # Earlier surnames are more common.
    surname = _SURNAMES[int(len(_SURNAMES) * chance.random() ** 2)]
    first = chance.choice(_EITHER + given) if chance.random() < 0.8 else ""
    return surname + first + chance.choice(given)


def birth_date(ordinal: int, area: str, age: int, on: date) -> date:
    """A birth date of somebody of that age on that day, spread so that `resident_number` never repeats."""
    turn, pair = divmod(ordinal, _PAIRS)
    offset = (turn * 83 + pair * 127 + int(area)) % 365
    return _years_before(on, age) - timedelta(days=offset)


def resident_number(ordinal: int, area: str, birth: date, sex: str) -> str:
    """A resident identity number (GB 11643): odd for men, even for women, check digit at the end.

    With `birth_date` of the same ordinal, 91,250 ordinals of one area have different numbers.
    """
    sequence = 2 * (_FIRST_PAIR + ordinal % _PAIRS) + (1 if sex == "male" else 0)
    body = f"{area}{birth:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK[total % 11]


def mobile(number: int) -> str:
    """A mobile number of its own for each of a hundred million clients."""
    return f"{_PHONE_PREFIX}{(number * 48_271 + 10_007) % 100_000_000:08d}"


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        # 29 February in a year without one.
        return day.replace(year=day.year - years, day=28)
