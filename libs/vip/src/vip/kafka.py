"""Apache Kafka itself: one KRaft node from its Maven artifacts, for CI and `vip up --broker kafka`."""

import argparse
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from vip.broker import TOPICS, make_topics, wait_for_kafka
from vip.processes import Child, LaunchProblem, Records, free_port

VERSION = "4.1.1"
SCALA = "2.13"
OLDEST_JAVA = 17

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>vip</groupId><artifactId>kafka-node</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_{SCALA}</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise LaunchProblem(
            f"Apache Kafka needs Java {OLDEST_JAVA} or newer, and there is no `java`. Use the embedded broker."
        )
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', shown)
    if found is None or int(found.group(1)) < OLDEST_JAVA:
        raise LaunchProblem(f"Apache Kafka needs Java {OLDEST_JAVA} or newer; found: {shown.splitlines()[:1]}")
    return java


def _jars(cache: Path) -> Path:
    """The folder with Kafka's jars, fetched by Maven once and kept."""
    jars = cache / f"kafka-{VERSION}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise LaunchProblem(
            "Apache Kafka's jars are fetched by Maven once, and there is no `mvn`. Use the embedded broker."
        )
    draft = cache / f"kafka-{VERSION}.{os.getpid()}"
    draft.mkdir(parents=True)
    (cache / "pom.xml").write_text(POM)
    fetched = subprocess.run(
        [maven, "-q", "-B", "-f", str(cache / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={draft}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode != 0:
        shutil.rmtree(draft)
        raise LaunchProblem(f"Apache Kafka's jars could not be fetched.\n{fetched.stdout.strip()[-1500:]}")
    draft.rename(jars)
    return jars


def fresh_cluster_id() -> str:
    """A random id in Kafka's form; never with a dash in front, which the tool would take for an option."""
    while True:
        found = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not found.startswith("-"):
            return found


class ApacheKafka:
    """One node, broker and controller in one; its log stays in the state folder."""

    idempotent = True

    def __init__(
        self, home: Path, *, port: int, log: Path, cache: Path | None = None, records: Records | None = None
    ) -> None:
        self.port = port
        self.bootstrap = f"127.0.0.1:{port}"
        self._home = home.resolve() / "kafka"
        self._cache = cache or home.resolve() / "jars"
        self._log = log
        self._records = records
        self.child: Child | None = None

    def _settings(self, controller_port: int) -> str:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._home / "log"),
            "num.partitions": "12",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "3",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    async def start(self, *, topics: Sequence[str] = TOPICS) -> None:
        """Fetches the jars where they are missing, formats the log folder once, starts, waits, makes the topics."""
        java = await asyncio.to_thread(_java)
        jars = await asyncio.to_thread(_jars, self._cache)
        quiet = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*"]
        config = self._home / "server.properties"
        self._home.mkdir(parents=True, exist_ok=True)
        kept = _port_of_controller(config)
        config.write_text(self._settings(kept or free_port()))
        if not (self._home / "log" / "meta.properties").exists():
            await asyncio.to_thread(self._format, [java, *quiet], config)
        self.child = Child(
            "broker",
            [java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *quiet, "kafka.Kafka", str(config)],
            log=self._log,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            records=self._records,
            patience_s=20.0,
        )
        self.child.start()
        await wait_for_kafka(self.bootstrap, self.child)
        await make_topics(self.bootstrap, topics)

    def _format(self, java: list[str], config: Path) -> None:
        made = subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", fresh_cluster_id(), "-c", str(config)],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise LaunchProblem(f"Apache Kafka's log folder could not be formatted.\n{made.stderr.strip()[-1500:]}")

    async def stop(self) -> None:
        if self.child is not None:
            await asyncio.to_thread(self.child.stop)
            self.child = None


def _port_of_controller(config: Path) -> int | None:
    """The controller's port as formatted: the voters are written into the log folder, so it may not move."""
    if not config.exists():
        return None
    found = re.search(r"^controller\.quorum\.bootstrap\.servers=127\.0\.0\.1:(\d+)$", config.read_text(), re.MULTILINE)
    return int(found.group(1)) if found else None


async def _stand_alone(home: Path, jars: Path) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    node = ApacheKafka(home, port=free_port(), log=home / "kafka.log", cache=jars)
    await node.start(topics=())
    try:
        sys.stdout.write(f"{node.bootstrap}\n")
        sys.stdout.flush()
        await stopping.wait()
    finally:
        await node.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m vip.kafka --home DIR`: one node until SIGTERM; its address is printed once it answers."""
    parser = argparse.ArgumentParser(prog="python -m vip.kafka", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True, help="where its log is kept")
    parser.add_argument("--jars", type=Path, help="where the downloaded jars are kept; below the home otherwise")
    given = parser.parse_args(arguments)
    jars: Path = given.jars or given.home / "jars"
    try:
        asyncio.run(_stand_alone(given.home, jars.resolve()))
    except LaunchProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
