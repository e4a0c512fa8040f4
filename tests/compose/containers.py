"""The compose project under test: its containers, their health, and the events they said."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vip.happenings import Happening

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("client_registry", "card_service", "complaint_service", "engagement_service")
_SAID = """
    SELECT json_build_object('event', event_id, 'topic', topic, 'type', type, 'subject', aggregate_id,
                             'time', occurred_at, 'version', aggregate_version, 'data', data)
    FROM outbox WHERE published_at IS NOT NULL ORDER BY id DESC LIMIT 200
"""


class Project:
    """`docker compose` for one project of its own, with its own secrets, ports and volumes."""

    def __init__(self, *, secrets: Path, gateway_port: int, identity_port: int) -> None:
        self.gateway_url = f"http://127.0.0.1:{gateway_port}"
        self.identity_url = f"http://127.0.0.1:{identity_port}"
        self._environment = os.environ | {
            "VIP_SECRETS_DIR": str(secrets),
            "VIP_GATEWAY_PORT": str(gateway_port),
            "VIP_IDENTITY_PORT": str(identity_port),
            "COMPOSE_PROJECT_NAME": "vip-under-test",
            "COMPOSE_PROFILES": "dev-identity",
        }

    def compose(self, *arguments: str, timeout_s: int = 300, check: bool = True) -> str:
        """What the command prints; its errors are shown when it fails."""
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=ROOT,
            env=self._environment,
            text=True,
            capture_output=True,
            timeout=timeout_s,
        )
        if check and done.returncode:
            raise AssertionError(f"docker compose {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def containers(self) -> list[dict[str, Any]]:
        """Every container of the project as `ps` tells it."""
        printed = self.compose("ps", "--all", "--format", "json")
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def running(self) -> list[str]:
        """The services that run, without those that run once."""
        return sorted(row["Service"] for row in self.containers() if row["State"] == "running")

    def wait_healthy(self, *, within_s: float = 240) -> None:
        """Until every running container says it is healthy."""
        deadline = time.monotonic() + within_s
        while True:
            rows = [row for row in self.containers() if not row["Service"].endswith("-migrate")]
            ill = {row["Service"]: row["Health"] or row["State"] for row in rows if row["Health"] != "healthy"}
            if rows and not ill:
                return
            if time.monotonic() > deadline:
                logs = "\n".join(self.compose("logs", "--tail", "15", name, check=False) for name in ill)
                raise AssertionError(f"not healthy after {within_s:.0f} s: {ill}\n{logs}")
            time.sleep(1)

    def said(self, service: str) -> list[Happening]:
        """The newest events of a service that the broker has acknowledged, oldest first."""
        script = (
            f'PGPASSWORD=$(cat /run/secrets/postgres_password) psql -h 127.0.0.1 -U postgres -d {service} -At -c "$1"'
        )
        printed = self.compose("exec", "-T", "postgres", "sh", "-c", script, "sh", _SAID)
        return [
            Happening(
                topic=row["topic"],
                type=row["type"],
                source=f"/vip/{service}",
                subject=row["subject"],
                time=row["time"],
                version=row["version"],
                data=row["data"] | {"_event": row["event"]},
            )
            for row in map(json.loads, reversed(printed.splitlines()))
        ]


class Overhearing:
    """Events as the story wants to see them pass, read off the outboxes: the broker is not published to the host."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: set[str] = set()

    async def until(
        self, wanted: Callable[[Happening], bool], *, within_s: float, seen: Callable[[Happening], None]
    ) -> Happening | None:
        """As `vip.happenings.Listening.until`."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            fresh = [
                happening
                for service in SERVICES
                for happening in self._project.said(service)
                if happening.data["_event"] not in self._seen
            ]
            found = None
            for happening in fresh:
                self._seen.add(happening.data.pop("_event"))
                seen(happening)
                if found is None and wanted(happening):
                    found = happening
            if found is not None:
                return found
        return None
