"""Refusals speak the bank's language: a stable code and a sentence in both languages. HTTP is chosen in `problems`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chassis.texts import Language, Text

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*")


class Refusal(Exception):
    """Something that is not done, and why. A subclass gives `code` and `text`; `params` fill the text.

    Params are sent to the caller and never hold personal data.
    """

    code: ClassVar[str] = "refused"
    text: ClassVar[Text] = Text(en="This is not possible.", zh="无法办理。")

    def __init_subclass__(cls) -> None:
        if not _CODE.fullmatch(cls.code):
            raise ValueError(f"{cls.__name__}: {cls.code!r} is no code; write it like card.not-eligible")

    def __init__(self, **params: Any) -> None:
        self.params: dict[str, Any] = params
        super().__init__(f"{self.code}: {self.text.say(Language.EN, **params)}")

    def say(self, language: Language) -> str:
        """The refusal as one sentence in `language`."""
        return self.text.say(language, **self.params)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: where (JSON pointer like `/amount`), a stable code, a sentence. Never the value.

    `place` (body, query, path, header) is only said where it is not what the method suggests: a GET has no body.
    """

    pointer: str
    code: str
    text: Text
    params: Mapping[str, object] = field(default_factory=dict)
    place: str | None = None

    def say(self, language: Language) -> str:
        """The error as one sentence in `language`."""
        return self.text.say(language, **self.params)


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it: both answer alike (404)."""

    code = "not-found"
    text = Text(en="There is no such record, or it is outside your scope.", zh="记录不存在，或不在您的权限范围内。")


class Gone(Refusal):
    """What was here has been taken away for good (410)."""

    code = "gone"
    text = Text(en="This record was erased.", zh="该记录已删除。")


class Forbidden(Refusal):
    """The caller is known and may not do this (403)."""

    code = "forbidden"
    text = Text(en="Your role does not allow this.", zh="您的岗位无权办理此项操作。")


class RuleBroken(Refusal):
    """A business rule or the present state forbids it (409)."""

    code = "rule-broken"
    text = Text(en="A rule forbids this in the present state.", zh="当前状态下规则不允许此操作。")


class Invalid(Refusal):
    """The request can be read and makes no sense (422); `errors` say which fields."""

    code = "invalid"
    text = Text(en="Some fields are not valid.", zh="部分字段填写有误。")

    def __init__(self, errors: Sequence[FieldError] = (), **params: Any) -> None:
        self.errors: list[FieldError] = list(errors)
        super().__init__(**params)


class TryLater(Refusal):
    """Something the answer depends on is away or busy (503 with Retry-After)."""

    code = "try-later"
    text = Text(en="The service is busy; please try again shortly.", zh="系统繁忙，请稍后再试。")

    def __init__(self, *, retry_after_s: int = 1, **params: Any) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(**params)


class TwinRunning(TryLater):
    """The same thing is being done right now by somebody else (409 with Retry-After)."""

    code = "twin-running"
    text = Text(
        en="The same record is being changed by another request; please try again shortly.",
        zh="同一记录正在由另一请求处理，请稍后再试。",
    )


class Malformed(Refusal):
    """The request cannot be read (400)."""

    code = "malformed"
    text = Text(en="The request cannot be read.", zh="请求格式有误，无法识别。")


class Unauthenticated(Refusal):
    """The caller has not shown who is calling (401)."""

    code = "unauthenticated"
    text = Text(en="The caller is not authenticated.", zh="未通过身份验证。")


class TooLarge(Refusal):
    """The body is larger than this operation takes (413)."""

    code = "body-too-large"
    text = Text(en="The request body is larger than {limit_kib} KiB.", zh="请求内容超过 {limit_kib} KiB 上限。")


class PreconditionMissing(Refusal):
    """A change without If-Match (428)."""

    code = "if-match.missing"
    text = Text(
        en="A change needs the If-Match field with the ETag you last read.",
        zh="修改须在 If-Match 中提供最近读取的 ETag。",
    )


class Stale(Refusal):
    """The record was changed since it was read (412)."""

    code = "if-match.stale"
    text = Text(en="The record has changed since you read it.", zh="记录在您读取之后已被修改，请重新读取。")


class TooManyRequests(TryLater):
    """The caller's allowance is used up (429 with Retry-After)."""

    code = "too-many-requests"
    text = Text(en="Too many requests; please slow down.", zh="请求过于频繁，请稍后再试。")
