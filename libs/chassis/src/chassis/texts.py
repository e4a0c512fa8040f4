"""One sentence in both of the bank's languages, side by side, beside the rule that says it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from string import Formatter


class Language(StrEnum):
    """The languages the platform speaks; the value is the BCP 47 tag sent in `Content-Language`."""

    ZH = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in English and Chinese with the same named parameters in both.

    Raises `ValueError` where the two name different parameters: a half-translated sentence cannot be written.
    """

    en: str
    zh: str

    def __post_init__(self) -> None:
        if parameters(self.en) != parameters(self.zh):
            raise ValueError(f"The two languages name different parameters: {self.en!r} / {self.zh!r}")

    def say(self, language: Language, **params: object) -> str:
        """The sentence in `language`; a parameter that is itself a `Text` is said in the same language.

        Raises `KeyError` for a parameter the sentence names and the caller did not give.
        """
        template = self.zh if language is Language.ZH else self.en
        spoken = {name: value.say(language) if isinstance(value, Text) else value for name, value in params.items()}
        return template.format(**spoken)


def parameters(template: str) -> frozenset[str]:
    """The names a `str.format` template asks for."""
    return frozenset(name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(template) if name)


@lru_cache(maxsize=256)
def negotiate(accept_language: str | None) -> Language:
    """The best of our two languages for an `Accept-Language` field; Chinese where it names neither or is broken."""
    best, best_quality = Language.ZH, 0
    for part in (accept_language or "").split(","):
        tag, _, weight = part.strip().partition(";")
        quality = _thousandths(weight)
        primary = tag.strip().lower().split("-")[0]
        language = {"zh": Language.ZH, "en": Language.EN, "*": Language.ZH}.get(primary)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _thousandths(weight: str) -> int:
    """A quality of `q=0.8` as 800; RFC 9110 allows three decimals. What is no quality counts 0."""
    name, _, value = weight.strip().partition("=")
    if not name:
        return 1000
    whole, _, decimals = value.strip().partition(".")
    digits = (decimals + "000")[:3]
    if name.strip().lower() != "q" or not (whole.isdecimal() and digits.isdecimal()):
        return 0
    return min(int(whole) * 1000 + int(digits), 1000)
