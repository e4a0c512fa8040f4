"""Which revisions a service's database should have, as one mark: equal marks, nothing to migrate."""

import hashlib
import importlib.util
from pathlib import Path

FRAME = ("chassis/frame_migration.py", "chassis/frame_tables.py", "chassis/migrating.py")


def _package(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(module)
    return Path(next(iter(spec.submodule_search_locations)))


def shape_of(module: str) -> str:
    """A digest of the service's migrations and of the frame's tables in them."""
    migrations = _package(module) / "migrations"
    frame = _package("chassis").parent
    files = [path for path in sorted(migrations.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    digest = hashlib.sha256()
    for path in [*files, *(frame / name for name in FRAME)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
