"""The evidence about a client as one file: a zip of JSON files and a manifest with the hash and size of each (XC-15).

The same content gives the same bytes: files in one order, keys sorted, one fixed time in every entry.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

MANIFEST = "manifest.json"
FORMAT = "vip-evidence/1"
# Audit rows of one service about one client: about thirty years at a row every second day.
ROWS_MAX = 5_000
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def package(evidence: Mapping[str, Any], audit: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """The zip: the registry's parts, the audit rows of each service in the order of their chain, the manifest."""
    files = {f"{name}.json": _written(rows) for name, rows in evidence["parts"].items()}
    for service, rows in audit.items():
        files[f"audit/{service}.json"] = _written(sorted(rows, key=_place))
    manifest = {
        "format": FORMAT,
        "client_id": evidence["client_id"],
        "as_of": evidence["as_of"],
        "notes": evidence["notes"],
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(files.items())
        },
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in [(MANIFEST, _written(manifest)), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def _written(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _place(row: Mapping[str, Any]) -> tuple[bool, int, int]:
    """By number of the seal; rows not sealed yet come last."""
    return row["seq"] is None, row["seq"] or 0, row["id"]
