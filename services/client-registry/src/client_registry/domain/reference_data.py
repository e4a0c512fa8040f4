"""What may be chosen on the registration form: option sets as versioned data, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.refusals import FieldError, RuleBroken
from chassis.texts import Text

_UNKNOWN = Text(en="Not a code of “{set}”; allowed are: {allowed}.", zh="不是“{set}”中的代码，可选：{allowed}。")
_RETIRED = Text(
    en="This code of “{set}” is no longer offered; allowed are: {allowed}.",
    zh="“{set}”中的该代码已停用，可选：{allowed}。",
)
_TWICE = Text(en="Each code is chosen once.", zh="同一选项只能选择一次。")


class ReferenceRefused(RuleBroken):
    """A reference file that cannot be loaded."""

    code = "reference-data.refused"
    text = Text(en="The reference data cannot be loaded: {reason}.", zh="参考数据无法加载：{reason}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One code of a set; a retired one stays readable and is chosen no more."""

    code: str
    text: Text
    takes_text: bool
    since_version: int
    retired_in_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSet:
    """A set of codes with its version and the article it comes from."""

    code: str
    version: int
    valid_from: date
    article: str
    name: Text
    options: tuple[Option, ...]

    def offered(self) -> tuple[str, ...]:
        """The codes that may be chosen now, in the form's order."""
        return tuple(option.code for option in self.options if option.retired_in_version is None)

    def text_of(self, code: str) -> Text:
        """The words of a code, retired or not; a code that nobody knows is shown as it is."""
        return next((option.text for option in self.options if option.code == code), Text(en=code, zh=code))

    def refuse(self, pointer: str, code: str) -> FieldError | None:
        """What is wrong with choosing that code; None where it is offered."""
        offered = self.offered()
        if code in offered:
            return None
        known = any(option.code == code for option in self.options)
        params = {"set": self.code, "allowed": ", ".join(offered)}
        return FieldError(pointer, "code.retired" if known else "code.unknown", _RETIRED if known else _UNKNOWN, params)

    def refuse_many(self, pointer: str, codes: tuple[str, ...]) -> list[FieldError]:
        """What is wrong with each of several codes, or with one that stands twice."""
        errors = [error for n, code in enumerate(codes) if (error := self.refuse(f"{pointer}/{n}", code))]
        twice = next((n for n, code in enumerate(codes) if code in codes[:n]), None)
        if twice is not None:
            errors.append(FieldError(f"{pointer}/{twice}", "code.twice", _TWICE))
        return errors


def read_option_sets(given: Mapping[str, Any]) -> tuple[OptionSet, ...]:
    """The sets of a reference file; one that changed after the file did says its own `revision`.

    Raises ReferenceRefused naming what is missing or stands twice.
    """
    try:
        version, valid_from = int(given["version"]), date.fromisoformat(given["valid_from"])
        sets = tuple(_set_of(each, version + int(each.get("revision", 0)), valid_from) for each in given["sets"])
    except KeyError as missing:
        raise ReferenceRefused(reason=f"a field is missing: {missing}") from None
    except ValueError as broken:
        raise ReferenceRefused(reason=str(broken)) from None
    for each in sets:
        codes = [option.code for option in each.options]
        if len(codes) != len(set(codes)):
            raise ReferenceRefused(reason=f"a code stands twice in {each.code}")
    return sets


def _set_of(given: Mapping[str, Any], version: int, valid_from: date) -> OptionSet:
    return OptionSet(
        code=given["code"],
        version=version,
        valid_from=valid_from,
        article=given["article"],
        name=Text(en=given["en"], zh=given["zh"]),
        options=tuple(
            Option(
                code=option["code"],
                text=Text(en=option["en"], zh=option["zh"]),
                takes_text=option.get("takes_text", False),
                since_version=version,
                retired_in_version=None,
            )
            for option in given["options"]
        ),
    )
