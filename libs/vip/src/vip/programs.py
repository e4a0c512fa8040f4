"""The Python processes of the house: what each is started with, and how one knows that it is ready."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from vip.processes import Child, LaunchProblem, Records


class Program:
    """`python -m <module> <arguments>` with its log, and the address at which it says that it is ready."""

    def __init__(
        self,
        name: str,
        arguments: tuple[str, ...],
        *,
        log: Path,
        env: Mapping[str, str],
        records: Records,
        ready_url: str,
    ) -> None:
        self.name = name
        self.ready_url = ready_url
        self.child = Child(name, [sys.executable, "-m", *arguments], log=log, env=env, records=records)

    async def start(self) -> None:
        self.child.start()

    async def stop(self) -> None:
        await asyncio.to_thread(self.child.stop)

    async def is_ready(self, client: httpx.AsyncClient) -> bool:
        """Whether it takes work now. Raises LaunchProblem when it has ended."""
        if not self.child.is_running():
            raise LaunchProblem(f"{self.name} ended with code {self.child.exit_code()}.\n{self.child.last_words()}")
        try:
            answer = await client.get(self.ready_url, timeout=2)
        except httpx.TransportError:
            return False
        return answer.status_code == 200


async def run_once(arguments: tuple[str, ...], *, log: Path, env: Mapping[str, str]) -> None:
    """Runs a command of a service to its end; a failure is raised with the end of its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    child = Child(log.stem, [sys.executable, "-m", *arguments], log=log, env=env, patience_s=5)
    child.start()
    try:
        code = await asyncio.to_thread(child.wait)
    finally:
        await asyncio.to_thread(child.stop)
    if code != 0:
        raise LaunchProblem(f"`python -m {' '.join(arguments)}` failed with code {code}.\n{child.last_words(20)}")
