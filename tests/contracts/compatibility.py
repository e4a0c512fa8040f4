"""What a change of a contract breaks, and the contracts as they last landed."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsoncompat import check_compat

ROOT = Path(__file__).resolve().parents[2]
_REF = "#/components/schemas/"
METHODS = ("get", "post", "put", "patch", "delete")


def landed_ref() -> str | None:
    """`origin/main`, or what is committed here where there is no remote; None outside a repository."""
    for ref in ("origin/main", "HEAD"):
        if _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"):
            return ref
    return None


def landed(folder: str) -> dict[str, Any]:
    """The JSON documents below a folder of the last landed tree, by path; empty when there are none."""
    ref = landed_ref()
    if ref is None:
        return {}
    listed = (_git("ls-tree", "-r", "--name-only", "-z", ref, "--", folder) or "").split("\0")
    return {path: json.loads(_git("show", f"{ref}:{path}") or "{}") for path in listed if path.endswith(".json")}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def breaks_of_event(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """An event may gain an optional field; one removed, renamed, widened or retyped is a new version."""
    if not check_compat(json.dumps(_plain(old)), json.dumps(_plain(new)), "serializer"):
        yield "the schema allows what its readers do not know"
    if old.get("x-topic") != new.get("x-topic"):
        yield "it moved to another topic"


def breaks_of_api(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What a caller of the old document would notice in the new one."""
    for path, item in old.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            name = f"{method.upper()} {path}"
            now = new.get("paths", {}).get(path, {}).get(method)
            if now is None:
                yield f"{name}: gone"
            else:
                yield from (f"{name}: {what}" for what in _breaks_of_operation(item[method], now, old, new))


def _breaks_of_operation(
    old: dict[str, Any], new: dict[str, Any], old_document: dict[str, Any], new_document: dict[str, Any]
) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"renamed from {old['operationId']} to {new['operationId']}"
    yield from _breaks_of_parameters(_parameters(old), _parameters(new), old_document, new_document)
    before, after = old.get("requestBody", {}), new.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield "a body is now required"
    for kind, content in before.get("content", {}).items():
        if kind not in after.get("content", {}):
            yield f"takes no {kind} any more"
        elif not _takes(
            content.get("schema", {}), after["content"][kind].get("schema", {}), old_document, new_document
        ):
            yield "the body takes less than before"
    for status, answer in old["responses"].items():
        if status.startswith("2"):
            yield from _breaks_of_answer(status, answer, new["responses"], old_document, new_document)


def _parameters(operation: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", [])}


def _breaks_of_parameters(
    old: dict[tuple[str, str], dict[str, Any]],
    new: dict[tuple[str, str], dict[str, Any]],
    old_document: dict[str, Any],
    new_document: dict[str, Any],
) -> Iterator[str]:
    for key, one in new.items():
        if one.get("required") and not old.get(key, {}).get("required"):
            yield f"{key[0]} parameter {key[1]} is now required"
    for key, one in old.items():
        if key not in new:
            yield f"{key[0]} parameter {key[1]} is gone"
        elif not _takes(one.get("schema", {}), new[key].get("schema", {}), old_document, new_document):
            yield f"{key[0]} parameter {key[1]} takes less than before"


def _breaks_of_answer(
    status: str, answer: dict[str, Any], now: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> Iterator[str]:
    if status not in now:
        yield f"answers {status} no more"
        return
    for kind, content in answer.get("content", {}).items():
        if kind not in now[status].get("content", {}):
            yield f"{status} is no {kind} any more"
        elif not _gives(content.get("schema", {}), now[status]["content"][kind].get("schema", {}), old, new):
            yield f"{status} gives less or other than before"


def _takes(old: Any, new: Any, old_document: dict[str, Any], new_document: dict[str, Any]) -> bool:
    return _compatible(_whole(old, old_document), _whole(new, new_document), "deserializer")


def _gives(old: Any, new: Any, old_document: dict[str, Any], new_document: dict[str, Any]) -> bool:
    # Callers expect values they do not know in answers (conventions 13): a longer list of values breaks nothing.
    before, after = _whole(old, old_document, open_lists=True), _whole(new, new_document, open_lists=True)
    return _compatible(before, after, "serializer")


def _compatible(old: str, new: str, role: str) -> bool:
    return old == new or bool(check_compat(old, new, role))


def _whole(schema: Any, document: dict[str, Any], *, open_lists: bool = False) -> str:
    """A schema with the definitions it leads to, as a document of its own."""
    definitions = document.get("components", {}).get("schemas", {})
    reached: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for name in re.findall(rf'"{_REF}([^"]+)"', json.dumps(waiting.pop())):
            if name not in reached:
                reached[name] = definitions[name]
                waiting.append(definitions[name])
    whole = _plain({**schema, "$defs": reached}, open_lists=open_lists)
    return json.dumps(whole, sort_keys=True).replace(_REF, "#/$defs/")


def _plain(node: Any, *, open_lists: bool = False, inside: str = "") -> Any:
    """A schema without what only people read; texts may change as they like."""
    if isinstance(node, dict):
        names = inside in {"properties", "$defs"}
        dropped = {"title", "description", "example", "examples", "$id", "$schema", "default"}
        if open_lists:
            dropped |= {"enum", "const"}
        return {
            key: _plain(value, open_lists=open_lists, inside=key)
            for key, value in node.items()
            if names or not (key in dropped or key.startswith("x-"))
        }
    if isinstance(node, list):
        return [_plain(value, open_lists=open_lists) for value in node]
    return node
