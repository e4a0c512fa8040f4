"""One operation declared once: its policy, its words in both languages, its audience. Routes and documents read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chassis.policy import Policy
from chassis.texts import Language, Text

Audience = Literal["front-end", "call-centre", "branch", "ops"]

# The place in a route's `openapi_extra` where the declaration travels through FastAPI to `routing.Route`.
DECLARED = "x-declared"
JSON_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Declared:
    """What `operation` was told; see there."""

    operation_id: str
    policy: Policy
    summary: Text
    detail: Text
    audience: tuple[str, ...]
    idempotent: bool
    late: bool
    upload: bool
    if_match: bool
    example: dict[str, Any] | None
    answer_example: dict[str, Any] | None

    def body_limit(self, upload_limit: int) -> int:
        """The most bytes a body of this operation may have; that of an upload is a setting."""
        return upload_limit if self.upload else JSON_LIMIT

    def words(self, language: Language) -> tuple[str, str]:
        """Summary and description in one language."""
        return self.summary.say(language), self.detail.say(language)


def operation(
    operation_id: str,
    *,
    allow: Policy,
    en: str,
    zh: str,
    en_detail: str = "",
    zh_detail: str = "",
    audience: Sequence[Audience],
    idempotent: bool = True,
    late: bool = False,
    upload: bool = False,
    if_match: bool = False,
    example: dict[str, Any] | None = None,
    answer_example: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Keyword arguments for `@api.get/post/…(path, **operation(...))`.

    - `idempotent`: a POST wants an `Idempotency-Key`; say False for one that only looks up.
    - `late`: the endpoint asks somebody else first and opens the transaction itself, with `await call.begin()`.
    - `upload`: the body is a stream of up to 256 MiB (a setting) that is never held in memory; implies `late`.
    - `if_match`: the operation needs `If-Match` (documented; check it with `chassis.etags.require_match`).
    - `example` is a request body, `answer_example` an answer. A route without this call stops the service from starting.
    """
    if not audience:
        raise ValueError(f"{operation_id}: say for whom the operation is")
    declared = Declared(
        operation_id=operation_id,
        policy=allow,
        summary=Text(en=en, zh=zh),
        detail=Text(en=en_detail, zh=zh_detail),
        audience=tuple(audience),
        idempotent=idempotent,
        late=late or upload,
        upload=upload,
        if_match=if_match,
        example=example,
        answer_example=answer_example,
    )
    return {
        "operation_id": operation_id,
        "summary": zh,
        "description": zh_detail or zh,
        "tags": list(audience),
        "openapi_extra": {DECLARED: declared},
    }
