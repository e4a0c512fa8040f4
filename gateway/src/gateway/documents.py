"""One OpenAPI document for everything that can be asked here: the services' contracts merged, the gateway's own added.

Schemas carry their service's name in front, so that two services may call different things alike; what the frame gives
all of them word for word (problems, money, operations, work items) stands there once.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from chassis.texts import Language, Text

from gateway.routes import AUDIT_RECORDS, CALLER_CARDS, COMPOSED, EVIDENCE, METHODS, SHARED, WORK_ITEMS, Composed

_REF = "#/components/schemas/"
_TITLE = Text(en="VIP client service platform", zh="VIP 客户服务平台")
_ABOUT = Text(
    en="Everything the platform answers, through one door. Sign in with the bank's access token.",
    zh="平台全部接口的统一入口，使用行内身份令牌访问。",
)
_AUDIENCES = {
    "front-end": Text(en="Web and mobile front ends", zh="前端"),
    "call-centre": Text(en="Call centre (95566)", zh="95566 客服"),
    "branch": Text(en="Branches and outlets", zh="分支机构与网点"),
    "ops": Text(en="Operations", zh="运维"),
}
_SUMMARIES: Mapping[str, tuple[Text, Text, tuple[str, ...]]] = {
    "openCallerCard": (
        Text(en="Open the caller card", zh="打开来电客户卡片"),
        Text(
            en="Confirms a look-up with a factor and shows the recognised client with cards and open complaints. "
            "A part that cannot be had now is said to be missing.",
            zh="以要素确认识别结果，显示客户识别卡片、卡状态和未结投诉；暂时无法取得的部分会注明缺失。",
        ),
        ("call-centre",),
    ),
    "getClientOverview": (
        Text(en="See one client at a glance", zh="查看客户全景"),
        Text(
            en="The client with cards, complaints and contact plan; a part that cannot be had now is said to be missing.",
            zh="客户信息及其卡片、投诉和联系计划；暂时无法取得的部分会注明缺失。",
        ),
        ("front-end", "branch"),
    ),
    "exportEvidence": (
        Text(en="Export the evidence about a client as of a moment", zh="导出客户截至某一时刻的证据包"),
        Text(
            en="A zip of JSON files with a manifest (SHA-256 and size of each): decisions with their inputs, policies, "
            "filings, memberships, consents, figures known at the moment, names and hashes of papers, and the audit rows of "
            "all services with their seals. Masked. At most 5,000 rows of each part; where a service is away there is none. "
            "Check it with `vip verify-evidence FILE`.",
            zh="JSON 文件压缩包，附清单（每个文件的 SHA-256 与大小）：评定结论及其依据、政策、备案、会员资格、同意、"
            "截至时刻已知的数据、证明材料名称与摘要，以及各服务的审计记录与封存摘要。个人信息已脱敏。每类最多 5,000 条；"
            "任一服务不可用时不出具。可用 `vip verify-evidence 文件` 核验。",
        ),
        ("branch",),
    ),
}
_MISSING_PART = Text(en="Why this part is missing", zh="该部分缺失的原因")
_ITEMS_MISSING = Text(
    en="Services that gave no answer; their items are not in the list", zh="未答复的服务，其事项不在列表中"
)


def merged(documents: Mapping[str, Mapping[str, Any]], language: Language) -> dict[str, Any]:
    """The gateway's document out of the services' ones in the same language."""
    shared = _shared_schemas(documents)
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for service, document in documents.items():
        names = {
            f"{_REF}{name}": f"{_REF}{name if name in shared else _prefix(service) + name}"
            for name in _schemas(document)
        }
        for name, schema in _schemas(document).items():
            schemas[names[_REF + name].removeprefix(_REF)] = _renamed(schema, names)
        for path, item in document.get("paths", {}).items():
            for method in METHODS:
                if method in item and item[method].get("x-roles"):
                    _add(paths, path, method, service, _renamed(item[method], names))
    schemas["Problem"] = schemas.get("Problem", {"type": "object"})
    _say_missing(paths, schemas, language)
    for (method, path), composed in COMPOSED.items():
        described = _composed(composed, (method, path), paths, language)
        if described is not None:
            schemas["Part"] = _part_schema(language)
            paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _TITLE.say(language),
            "description": _ABOUT.say(language),
            "version": "1.0",
            "x-language": language.value,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text.say(language)} for name, text in _AUDIENCES.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _add(paths: dict[str, dict[str, Any]], path: str, method: str, service: str, described: dict[str, Any]) -> None:
    known = paths.setdefault(path, {}).get(method)
    if known is None:
        described["x-service"] = "gateway" if path.startswith(SHARED) else service
        paths[path][method] = described
    else:
        known["x-roles"] = sorted({*known["x-roles"], *described["x-roles"]})


def _prefix(service: str) -> str:
    return "".join(word.capitalize() for word in service.split("-"))


def _schemas(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def _shared_schemas(documents: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Names that mean the same wherever they occur, and occur at least twice."""
    seen: dict[str, list[Any]] = {}
    for document in documents.values():
        for name, schema in _schemas(document).items():
            seen.setdefault(name, []).append(schema)
    shared = {name for name, found in seen.items() if len(found) > 1 and all(one == found[0] for one in found)}
    while own := {name for name in shared if not {*_references(seen[name][0])} <= shared}:
        shared -= own
    return shared


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
    elif isinstance(node, str) and node.startswith(_REF):
        yield node.removeprefix(_REF)


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {key: _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value, names) for value in node]
    return names.get(node, node) if isinstance(node, str) else node


def _answer_schema(described: Mapping[str, Any]) -> Any:
    good: Mapping[str, Any] = next(
        (answer for status, answer in described["responses"].items() if status.startswith("2")), {}
    )
    return good.get("content", {}).get("application/json", {}).get("schema", {"type": "object"})


def _composed(
    composed: Composed, key: tuple[str, str], paths: Mapping[str, Mapping[str, Any]], language: Language
) -> dict[str, Any] | None:
    method, path = composed.first
    first = paths.get(path, {}).get(method.lower())
    if first is None:
        return None
    summary, detail, tags = _SUMMARIES[composed.operation_id]
    described: dict[str, Any] = copy.deepcopy(dict(first))
    described |= {
        "operationId": composed.operation_id,
        "summary": summary.say(language),
        "description": detail.say(language),
        "tags": list(tags),
        "x-service": "gateway",
    }
    properties: dict[str, Any] = {"client": _answer_schema(first)}
    for name, template in composed.parts.items():
        answer = _answer_schema(paths.get(template, {}).get("get", {"responses": {}}))
        properties[name] = {
            "allOf": [{"$ref": f"{_REF}Part"}, {"properties": {"data": {"anyOf": [answer, {"type": "null"}]}}}]
        }
    for status, answer in described["responses"].items():
        if status.startswith("2"):
            schema = {"type": "object", "required": list(properties), "properties": properties}
            answer["content"] = {"application/json": {"schema": schema}}
            if key == EVIDENCE:
                answer["content"] = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
            answer.pop("headers", None)
    if key == CALLER_CARDS:
        _move_lookup_into_body(described)
    return described


def _move_lookup_into_body(described: dict[str, Any]) -> None:
    """The look-up's id stands in the path of the registry and in the body of the caller card."""
    described["parameters"] = [one for one in described.get("parameters", []) if one["in"] != "path"]
    lookup = {"type": "string", "format": "uuid"}
    wanted = {"type": "object", "required": ["lookup_id"], "properties": {"lookup_id": lookup}}
    content = described.setdefault("requestBody", {"content": {"application/json": {"schema": {}}}})["content"]
    body = content["application/json"]
    body["schema"] = {"allOf": [body["schema"], wanted], "unevaluatedProperties": False}
    if "example" in body:
        body["example"] = {"lookup_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", **body["example"]}


def _part_schema(language: Language) -> dict[str, Any]:
    problem = {"type": "object", "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}
    return {
        "type": "object",
        "required": ["available", "data", "problem"],
        "properties": {
            "available": {"type": "boolean"},
            "data": {"type": ["object", "null"]},
            "problem": {"anyOf": [problem, {"type": "null"}], "description": _MISSING_PART.say(language)},
        },
    }


def _say_missing(paths: Mapping[str, Any], schemas: dict[str, Any], language: Language) -> None:
    """A merged list says which services gave no answer."""
    for method, path in (WORK_ITEMS, AUDIT_RECORDS):
        described = paths.get(path, {}).get(method.lower())
        if described is not None:
            _say_missing_in(described, schemas, language)


def _say_missing_in(described: Mapping[str, Any], schemas: dict[str, Any], language: Language) -> None:
    one = {"type": "object", "properties": {"service": {"type": "string"}, "code": {"type": "string"}}}
    more = {"type": "array", "items": one, "description": _ITEMS_MISSING.say(language)}
    with_missing = {"allOf": [_answer_schema(described), {"properties": {"missing": more}}]}
    for status, answer in described["responses"].items():
        if status.startswith("2"):
            answer["content"]["application/json"]["schema"] = with_missing
