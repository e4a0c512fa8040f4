"""The contracts as the services themselves print them: OpenAPI in two languages, what they ask each other, AsyncAPI."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vip.places import GATEWAY, SERVICES
from vip.processes import LaunchProblem


def _printed(module: str, arguments: tuple[str, ...]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise LaunchProblem(f"`python -m {module} {' '.join(arguments)}` failed.\n{done.stderr.strip()[-1500:]}")
    return done.stdout


def documents() -> dict[Path, str]:
    """Every generated document, by its path below contracts/. Raises LaunchProblem when a service cannot describe itself."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        told = pool.map(lambda module: json.loads(_printed(module, ("contracts",))), SERVICES.values())
        printed = {
            Path(place): json.dumps(document, ensure_ascii=False, indent=2) + "\n"
            for documents_of_one in told
            for place, document in documents_of_one.items()
        }
    return {**printed, **_merged(printed)}


def _merged(printed: Mapping[Path, str]) -> dict[Path, str]:
    """The gateway's document in each language, out of the services' ones as they are now."""
    with tempfile.TemporaryDirectory(prefix="vip-contracts-") as folder:
        for place, text in printed.items():
            path = Path(folder) / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return {
            Path(f"openapi/{GATEWAY}{suffix}.json"): _printed(
                GATEWAY, ("openapi", "--language", language, "--contracts", folder)
            )
            for suffix, language in (("", "en"), (".zh-CN", "zh-CN"))
        }
