"""An import through the public API: upload, follow the work, read the findings."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vip.client import Api
from vip.processes import LaunchProblem

LOOK_EVERY_S = 0.3
UPLOAD_S = 310.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFiles:
    """The files, the mapping profile that reads them (none: they are made from the template), and how they are taken."""

    files: Sequence[Path]
    profile: Path | None = None
    mode: str = "whole"
    validate_only: bool = False
    as_of: str | None = None
    # Month-end figures of clients on file, and the system they come from.
    figures: bool = False
    source: str | None = None

    @property
    def resource(self) -> str:
        """Where they are sent to."""
        return "/v1/figure-imports" if self.figures else "/v1/client-imports"


async def send_import(api: Api, given: ImportFiles, *, by: str, key: str | None = None) -> dict[str, Any]:
    """Uploads; the answer names the import and the operation. The same key again gives the same answer."""
    missing = [path for path in (given.profile, *given.files) if path is not None and not path.is_file()]
    if missing:
        raise LaunchProblem(f"No such file: {', '.join(map(str, missing))}")
    fields = {"mode": given.mode, "validate_only": "true" if given.validate_only else "false"}
    if given.as_of is not None:
        fields["month" if given.figures else "as_of"] = given.as_of
    if given.figures and given.source is not None:
        fields["source"] = given.source
    with ExitStack() as opened:
        parts = [("files", (path.name, opened.enter_context(path.open("rb")))) for path in given.files]
        if given.profile is not None:
            parts.append(("profile", (given.profile.name, opened.enter_context(given.profile.open("rb")))))
        answer = await api.send("POST", given.resource, by=by, files=parts, form=fields, key=key, timeout_s=UPLOAD_S)
    return answer.body


async def follow(
    api: Api, operation_id: str, *, by: str, said: Callable[[int, int | None], None] = lambda done, total: None
) -> dict[str, Any]:
    """Waits for long work to end. Raises LaunchProblem with its problem when it failed or was cancelled."""
    operation = await settle(api, operation_id, by=by, said=said)
    if operation["status"] != "succeeded":
        raise stopped(operation)
    return operation


async def settle(
    api: Api, operation_id: str, *, by: str, said: Callable[[int, int | None], None] = lambda done, total: None
) -> dict[str, Any]:
    """Waits for long work to end, whichever way it does."""
    while True:
        operation = await api.get(f"/v1/operations/{operation_id}", by=by)
        said(int(operation["done"]), operation["total"])
        if operation["status"] in ("succeeded", "failed", "cancelled"):
            return operation
        await asyncio.sleep(LOOK_EVERY_S)


def stopped(operation: Mapping[str, Any]) -> LaunchProblem:
    """Long work that did not succeed, and why, as the command line says it."""
    problem = operation.get("problem") or {}
    detail = problem.get("detail") or problem.get("title") or problem.get("code") or ""
    return LaunchProblem(f"{operation['kind']} {operation['status']}: {detail}")


def kinds_of(findings: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str, int]]:
    """How often each fault was found, the most frequent first: count, column, reason, the first row that has it."""
    found = Counter((finding["column"], finding["reason"]) for finding in findings)
    first = {(finding["column"], finding["reason"]): finding["row"] for finding in reversed(findings)}
    return [(count, column, reason, first[column, reason]) for (column, reason), count in found.most_common()]
