"""What this house has been through: the steps of its first start, where it runs, in one small file."""

import json
from pathlib import Path
from typing import Any

from vip.keys import write_private


class State:
    """state.json of the state folder. Each change is written at once, whole or not at all."""

    def __init__(self, home: Path) -> None:
        self._path = home / "state.json"

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        found = json.loads(self._path.read_text())
        return found if isinstance(found, dict) else {}

    def get(self, name: str) -> Any:
        return self._read().get(name)

    def set(self, name: str, value: Any) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._path, json.dumps({**self._read(), name: value}, indent=1, sort_keys=True))

    def is_done(self, step: str) -> bool:
        """Whether this step of the first start was finished."""
        return bool(self._read().get("steps", {}).get(step))

    def done(self, step: str) -> None:
        self.set("steps", {**self._read().get("steps", {}), step: True})
