"""One OpenAPI document a language, out of one source: the routes and what `operation(...)` said about them."""

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from chassis.operation_docs import Declared
from chassis.problems import MEDIA_TYPE, TITLES
from chassis.routing import UNSAFE, Route
from chassis.texts import Language, Text

_PROBLEM = "#/components/schemas/Problem"
_GOOD = Text(en="Done", zh="成功")
_DETAILS: dict[str, Text] = {
    "code": Text(en="Stable name of the refusal, for machines", zh="稳定的错误代码，供程序判断"),
    "trace_id": Text(en="Name this when you report a problem", zh="报修时请提供"),
    "errors": Text(
        en="The fields that are wrong, by JSON pointer; never their values", zh="有误的字段（JSON 指针），不含其值"
    ),
}
_HEADERS: dict[str, tuple[Text, dict[str, Any]]] = {
    "Accept-Language": (
        Text(en="Language of texts for people: zh-CN (default) or en", zh="文本语言：zh-CN（默认）或 en"),
        {"type": "string", "examples": ["zh-CN", "en"]},
    ),
    "Idempotency-Key": (
        Text(
            en="Your name for this request; the same key and body give the same answer for seven days",
            zh="本次请求的唯一标识；七天内相同标识与内容返回同一结果",
        ),
        {"type": "string", "minLength": 1, "maxLength": 255, "examples": ["5f0c9a1e-7d4b-4a41-9c53-6f3f8f0b2a10"]},
    ),
    "If-Match": (
        Text(en="The ETag you last read", zh="最近一次读取的 ETag"),
        {"type": "string", "examples": ['"3-9c1f04aa2b17"']},
    ),
}


def document(
    routes: Iterable[BaseRoute], *, title: Text, version: str, language: Language, internal: bool = False
) -> dict[str, Any]:
    """The document of the public operations, or with `internal` of those between services."""
    chosen = [route for route in routes if isinstance(route, Route) and route.internal is internal]
    found = get_openapi(title=title.say(language), version=version, routes=chosen)
    found["info"]["x-language"] = language.value
    declared = {route.declared.operation_id: route for route in chosen if route.declared is not None}
    for methods in found.get("paths", {}).values():
        for method, described in methods.items():
            route = declared[described["operationId"]]
            assert route.declared is not None
            _describe(described, method.upper(), route, route.declared, language)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)
    schemas["Problem"] = _problem_schema(language)
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    _speak(found, language)
    return found


def _describe(described: dict[str, Any], method: str, route: APIRoute, declared: Declared, language: Language) -> None:
    summary, detail = declared.words(language)
    described["summary"] = summary
    described["description"] = detail or summary
    described["tags"] = list(declared.audience)
    described["security"] = [{"bearer": []}]
    described["x-roles"] = sorted(declared.policy.roles)
    described["x-systems"] = sorted(declared.policy.systems)
    described["x-nationwide"] = declared.policy.nationwide
    keyed = method == "POST" and declared.idempotent
    wanted = ["Accept-Language", *(["Idempotency-Key"] if keyed else []), *(["If-Match"] if declared.if_match else [])]
    parameters = described.setdefault("parameters", [])
    parameters.extend(_header(name, language) for name in wanted)
    takes_input = len(parameters) > len(wanted) or "requestBody" in described
    for status, answer in described["responses"].items():
        if status.startswith("2"):
            answer["description"] = _GOOD.say(language)
            if declared.answer_example is not None:
                for content in answer.get("content", {}).values():
                    content["example"] = declared.answer_example
    described["responses"].pop("422", None)
    for status in _problem_statuses(method, route.path_format, declared, takes_input=takes_input):
        described["responses"][str(status)] = _problem_answer(status, language)
    described["responses"] = dict(sorted(described["responses"].items()))
    if declared.example is not None:
        for content in described.get("requestBody", {}).get("content", {}).values():
            content["example"] = declared.example


def _problem_statuses(method: str, path: str, declared: Declared, *, takes_input: bool) -> Sequence[int]:
    found = {400, 401, 403, 429, 500, 503}
    if "{" in path:
        found.add(404)
    if "{client_id}" in path:
        found.add(410)
    if takes_input:
        found.add(422)
    if method in UNSAFE:
        found |= {404, 409, 413, 422}
    if declared.if_match:
        found |= {412, 428}
    if declared.late:
        found.add(502)
    return sorted(found)


def _header(name: str, language: Language) -> dict[str, Any]:
    text, schema = _HEADERS[name]
    return {
        "name": name,
        "in": "header",
        "required": name == "Idempotency-Key" or name == "If-Match",
        "description": text.say(language),
        "schema": schema,
    }


def _problem_answer(status: int, language: Language) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": TITLES[status].say(language),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer


def _problem_schema(language: Language) -> dict[str, Any]:
    text = {"type": "string"}
    error = {"in": text, "pointer": text, "code": text, "detail": text}
    return {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "instance", "code", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": {"type": "string", "format": "uri-reference"},
            "code": {**text, "description": _DETAILS["code"].say(language)},
            "trace_id": {**text, "description": _DETAILS["trace_id"].say(language)},
            "errors": {
                "type": "array",
                "description": _DETAILS["errors"].say(language),
                "items": {"type": "object", "required": list(error), "properties": error},
            },
        },
    }


def _speak(node: Any, language: Language) -> None:
    """Leaves each described field its description in this language alone."""
    if isinstance(node, dict):
        both = {Language.EN: node.pop("x-en", None), Language.ZH: node.pop("x-zh", None)}
        if both[language] is not None:
            node["description"] = both[language]
        for value in node.values():
            _speak(value, language)
    elif isinstance(node, list):
        for value in node:
            _speak(value, language)
