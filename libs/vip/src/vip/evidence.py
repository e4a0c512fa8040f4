"""Looks over a package of evidence: every file is what the manifest says, and the audit rows fit their chain (XC-15).

What one client's rows allow is checked here: each row against its digest, each link against the one before it. That the
links are those of the service's signed chain is checked where the whole chain is: `python -m <service> verify-audit`.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.sealer import AUDIT_COLUMNS, chained, digest_of

_MANIFEST = "manifest.json"
_FORMAT = "vip-evidence/1"
_NAMES = tuple(name.strip() for name in AUDIT_COLUMNS.split(","))
# What none of the files can be: a package is held in memory once.
_SIZE_MAX = 64 * 1024 * 1024


class NoEvidence(Exception):
    """The file is no package of evidence; the message says why."""


@dataclass(slots=True)
class Findings:
    """What was looked at, and everything that is wrong, in words."""

    client_id: str
    as_of: str
    files: int = 0
    rows: int = 0
    unsealed: int = 0
    wrong: list[str] = field(default_factory=list)


def verify_evidence(path: Path) -> Findings:
    """Checks a package. Raises NoEvidence for what cannot be read as one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _verify(archive)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as broken:
        raise NoEvidence(f"{path} cannot be read as a zip file ({broken}).") from broken


def _verify(archive: zipfile.ZipFile) -> Findings:
    manifest = _manifest_of(archive)
    found = Findings(client_id=str(manifest["client_id"]), as_of=str(manifest["as_of"]))
    there = [entry.filename for entry in archive.infolist()]
    for name in sorted({name for name in there if there.count(name) > 1}):
        found.wrong.append(f"{name}: is in the package more than once")
    listed: Mapping[str, Mapping[str, Any]] = manifest["files"]
    for name in sorted(set(there) - listed.keys() - {_MANIFEST}):
        found.wrong.append(f"{name}: is not in the manifest")
    for name, said in listed.items():
        content = _content(archive, name, found)
        if content is None:
            continue
        found.files += 1
        if len(content) != said["size"] or hashlib.sha256(content).hexdigest() != said["sha256"]:
            found.wrong.append(f"{name}: is not what the manifest says; it was changed")
        rows = _rows(name, content, found)
        if name.startswith("audit/"):
            found.wrong += [f"{name}: {what}" for what in _chain_faults(rows, found)]
        if name == "client.json" and [row.get("client_id") for row in rows] != [found.client_id]:
            found.wrong.append(f"{name}: is about another client than the manifest")
    return found


def _manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(_MANIFEST))
    except KeyError:
        raise NoEvidence(f"There is no {_MANIFEST} in it.") from None
    except (ValueError, zipfile.BadZipFile, zlib.error) as broken:
        raise NoEvidence(f"Its {_MANIFEST} cannot be read ({broken}).") from broken
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise NoEvidence(f"Its {_MANIFEST} is not of the format {_FORMAT}.")
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(
        isinstance(said, dict) and {"sha256", "size"} <= said.keys() for said in files.values()
    ):
        raise NoEvidence(f"Its {_MANIFEST} does not say the hash and size of each file.")
    if not {"client_id", "as_of"} <= manifest.keys():
        raise NoEvidence(f"Its {_MANIFEST} does not say whom it is about, and as of when.")
    return manifest


def _content(archive: zipfile.ZipFile, name: str, found: Findings) -> bytes | None:
    try:
        if archive.getinfo(name).file_size > _SIZE_MAX:
            found.wrong.append(f"{name}: is larger than a part can be")
            return None
        return archive.read(name)
    except KeyError:
        found.wrong.append(f"{name}: is missing")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as broken:
        found.wrong.append(f"{name}: is damaged ({broken})")
    return None


def _rows(name: str, content: bytes, found: Findings) -> list[dict[str, Any]]:
    try:
        rows = json.loads(content)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        found.wrong.append(f"{name}: is not a list of rows")
        return []
    return rows


def _chain_faults(rows: list[dict[str, Any]], found: Findings) -> Iterator[str]:
    last_seq, last_chain = 0, ""
    for row in rows:
        found.rows += 1
        try:
            digest = digest_of({**{each: row[each] for each in _NAMES}, "at": datetime.fromisoformat(row["at"])})
            about, seq = row["client_id"], row["seq"]
            if about != found.client_id:
                yield f"row {row['id']} is about another client"
            if seq is None:
                found.unsealed += 1
                continue
            if digest.hex() != row["digest"]:
                yield f"row {row['id']} was changed: it does not fit its digest"
            if chained(bytes.fromhex(row["chain_before"]), bytes.fromhex(row["digest"])).hex() != row["chain"]:
                yield f"row {row['id']} (seal {seq}) does not follow from the link before it"
            if seq <= last_seq:
                yield f"seal {seq} comes after seal {last_seq}"
            elif seq == last_seq + 1 and row["chain_before"] != last_chain:
                yield f"seal {seq} does not follow from seal {last_seq}"
            last_seq, last_chain = seq, row["chain"]
        except (KeyError, TypeError, ValueError) as broken:
            yield f"row {row.get('id')} cannot be read ({type(broken).__name__})"
