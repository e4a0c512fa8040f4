"""docker-compose.yml as it is: built, started, used through its published port, killed piece by piece, used again."""

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from vip.client import Api
from vip.container_secrets import make_container_secrets
from vip.example.organisation import write_organisation
from vip.story import Story
from vip.telling import Teller

_spec = importlib.util.spec_from_file_location("containers", Path(__file__).with_name("containers.py"))
containers = importlib.util.module_from_spec(_spec)
sys.modules["containers"] = containers
_spec.loader.exec_module(containers)

pytestmark = pytest.mark.compose
IMAGE_ADDS_AT_MOST = 350 * 1024 * 1024
ONE_EACH = [f"{name}{role}" for name in ("client-registry", "card-service", "complaint-service", "engagement-service")
            for role in ("", "-listen", "-relay", "-work")] + ["gateway", "identity", "kafka", "postgres"]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator:
    folder = tmp_path_factory.mktemp("compose")
    folder.chmod(0o755)
    make_container_secrets(folder / "secrets")
    (folder / "secrets").chmod(0o755)  # the engine mounts them into containers of other users
    project = containers.Project(secrets=folder / "secrets", gateway_port=free_port(), identity_port=free_port())
    subprocess.run(
        ["docker", "build", "--quiet", "-f", "deploy/Dockerfile", "-t", "vip-client-service:local", "."],
        cwd=containers.ROOT, check=True, timeout=600,
    )  # fmt: skip
    organisation = folder / "organisation.json"
    write_organisation(organisation, clients=200)
    organisation.chmod(0o644)
    try:
        project.compose("up", "--detach", timeout_s=600)
        project.compose(
            "run", "--rm", "--no-deps", "--volume", f"{organisation}:/organisation.json:ro", "client-registry-work",
            "client_registry", "seed-organisation", "/organisation.json",
        )  # fmt: skip
        project.wait_healthy()
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "5", check=False)


async def play(project) -> dict:
    async with Api(project.gateway_url, project.identity_url) as api:
        return await Story(api, containers.Overhearing(project), Teller(as_json=True)).play()


def size_of(image: str) -> int:
    printed = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", image], check=True, capture_output=True, text=True
    )
    return int(printed.stdout)


def test_the_image_adds_little_to_its_base(project) -> None:
    assert size_of("vip-client-service:local") - size_of("python:3.13-slim") <= IMAGE_ADDS_AT_MOST


def test_our_containers_run_without_rights(project) -> None:
    for name in ("gateway", "client-registry", "card-service-relay"):
        printed = project.compose(
            "exec", "-T", name, "python", "-c",
            "import os; s = open('/proc/self/status').read(); print(os.getuid(), s.split('CapEff:')[1].split()[0]);\n"
            "try:\n open('/app/x', 'w')\nexcept OSError as refused:\n print(type(refused).__name__)",
        )  # fmt: skip
        uid, capabilities, written = printed.split()
        assert (int(uid) > 0, int(capabilities, 16), written) == (True, 0, "OSError")


def test_every_part_of_the_house_runs(project) -> None:
    assert project.running() == sorted(ONE_EACH)


async def test_the_story_is_played_before_and_after_every_container_was_killed(project) -> None:
    first = await play(project)
    for name in ONE_EACH:
        project.compose("kill", "--signal", "KILL", name)
        project.compose("start", name)
    project.wait_healthy()
    second = await play(project)
    assert first["client_id"] != second["client_id"]
    assert first["card_number"] != second["card_number"]
    said = [happening for service in containers.SERVICES for happening in project.said(service)]
    for client in (first["client_id"], second["client_id"]):
        types = [happening.type for happening in said if happening.data.get("client_id") == client]
        for once in ("ClientRegistered", "ClientEnrolled", "CardIssued", "ComplaintOpened"):
            assert types.count(once) == 1, f"{once} was said {types.count(once)} times about {client}"
