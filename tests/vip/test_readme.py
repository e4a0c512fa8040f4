"""Every command of README.md and README.zh-CN.md is run: here, in order, against one house, or by the test named below."""

import asyncio
import json
import os
import re
import shlex
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from vip.places import project_root
from vip.trial import trial_house

ROOT = project_root()
EDITIONS = ("README.md", "README.zh-CN.md")
WITHIN_S = 240

# What cannot be run here: the file and the words in it that show who runs it.
RUN_ELSEWHERE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "make up": (
        (
            "tests/vip/test_up.py",
            "async def test_a_first_start_that_is_cut_short_is_taken_up_and_imports_nobody_twice(",
        ),
        ("Makefile", "@exec $(VIP) up $(ARGS)"),
    ),
    "make test": ((".ci/run", "step 'test' env -u VIP_REAL_DATA make test"),),
    "docker build -f deploy/Dockerfile -t vip-client-service:local .": (
        ("tests/compose/test_compose.py", '"-f", "deploy/Dockerfile", "-t", "vip-client-service:local", "."'),
    ),
    'VIP_SECRETS_DIR="$HOME/vip-secrets" docker compose --profile dev-identity up --detach': (
        ("tests/compose/test_compose.py", 'project.compose("up", "--detach"'),
        ("tests/compose/containers.py", '"COMPOSE_PROFILES": "dev-identity"'),
    ),
}
# Commands that say by their exit code that something was not as it should be, as the text around them tells.
EXIT_CODES: Mapping[str, int] = {
    "vip import examples/mappings/example-book.toml examples/books/with-mistakes.csv --mode good_rows": 1
}


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one fenced block, and the JSON that the page shows as the answer to the last of them."""

    commands: tuple[str, ...]
    shown: str


def blocks(page: str) -> list[Block]:
    fences = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found = []
    for (kind, body), after in zip(fences, [*fences[1:], ("", "")], strict=True):
        if kind == "bash":
            found.append(Block(tuple(commands(body)), after[1] if after[0] == "json" else ""))
    return found


def commands(body: str) -> list[str]:
    """The commands in a block: a line each, unless a quotation goes on in the next."""
    found, begun = [], ""
    for line in body.splitlines():
        begun = f"{begun}\n{line}" if begun else line
        try:
            shlex.split(begun)
        except ValueError:
            continue
        found.append(begun)
        begun = ""
    assert not begun, f"a quotation that never ends: {begun}"
    return [command for command in found if command.strip()]


def page(edition: str) -> str:
    return (ROOT / edition).read_text(encoding="utf-8")


ALL = [block for block in blocks(page("README.md")) if block.commands]
COMMANDS = [command for block in ALL for command in block.commands]
HERE = [command for command in COMMANDS if command not in RUN_ELSEWHERE]


@dataclass(frozen=True, slots=True)
class Went:
    """How a command went."""

    exit_code: int | None
    said: str


def script(commands: list[str]) -> str:
    """One shell for all of them, as in one terminal; marks tell where each begins and how it ended."""
    lines = ["set -o pipefail", "exec 2>&1"]
    for number, command in enumerate(commands):
        lines += [f"printf '\\n@@begin {number}\\n'", command, f"printf '\\n@@end {number} %s\\n' $?"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
async def went(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Went]]:
    """Everything that is run here, run once, with an own home and the house's own ports."""
    async with trial_house() as house:
        env = {name: value for name, value in os.environ.items() if not name.startswith("VIP_")}
        env |= {
            "VIP_HOME": str(house.home),
            "VIP_PORT_BASE": str(house.ports.base),
            "HOME": str(tmp_path_factory.mktemp("home")),
            "NO_PROXY": "127.0.0.1",
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script(HERE), cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            said = (await asyncio.wait_for(process.communicate(), WITHIN_S))[0].decode()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        yield [how_it_went(said, number) for number in range(len(HERE))]


def how_it_went(said: str, number: int) -> Went:
    found = re.search(rf"^@@begin {number}\n(.*?)^@@end {number} (\d+)$", said, re.MULTILINE | re.DOTALL)
    return Went(int(found[2]), found[1]) if found else Went(None, said[-2000:])


@pytest.mark.parametrize("number", range(len(HERE)), ids=[re.sub(r"\W+", "-", command)[:60] for command in HERE])
async def test_a_command_of_the_page_works(went: list[Went], number: int) -> None:
    how = went[number]
    assert how.exit_code == EXIT_CODES.get(HERE[number], 0), f"{HERE[number]}\n{how.said}"


@pytest.mark.parametrize("edition", EDITIONS)
async def test_what_the_page_shows_is_in_the_real_answer(went: list[Went], edition: str) -> None:
    """Names of fields may not be invented, nor may codes, articles and texts that are the same each time."""
    for block in blocks(page(edition)):
        if not block.shown:
            continue
        answer = went[HERE.index(block.commands[-1])].said
        missing = [name for name in names_in(json.loads(block.shown)) if f'"{name}"' not in answer]
        assert not missing, f"{block.commands[-1]} does not answer {missing}:\n{answer[:3000]}"


def names_in(shown: object) -> list[str]:
    """Every field's name, and the values of the fields that say a rule."""
    if isinstance(shown, list):
        return [name for item in shown for name in names_in(item)]
    if not isinstance(shown, dict):
        return []
    found = list(shown)
    for name, value in shown.items():
        if name in ("code", "article", "requirement", "metric", "zh", "en", "title") and isinstance(value, str):
            found.append(value)
        found += names_in(value)
    return found


def test_both_editions_have_the_same_commands() -> None:
    assert blocks_without_answers("README.zh-CN.md") == blocks_without_answers("README.md")


def blocks_without_answers(edition: str) -> list[tuple[str, ...]]:
    return [block.commands for block in blocks(page(edition))]


@pytest.mark.parametrize("command", RUN_ELSEWHERE)
def test_what_is_run_elsewhere_is_really_run_there(command: str) -> None:
    assert command in COMMANDS, "no page has this command any more: take it out of the table"
    for file, words in RUN_ELSEWHERE[command]:
        assert words in (ROOT / file).read_text(encoding="utf-8"), f"{file} does not run `{command}`"


def test_a_table_of_exit_codes_names_only_commands_of_the_page() -> None:
    assert set(EXIT_CODES) <= set(HERE)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_file_that_the_page_points_to_is_there(edition: str) -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", page(edition))
    assert linked and [target for target in linked if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_commands_stand_in_bash_blocks_only(edition: str) -> None:
    """A command in any other block would escape these tests."""
    for kind, body in re.findall(r"^```(\w*)\n(.*?)^```$", page(edition), re.MULTILINE | re.DOTALL):
        assert kind in ("bash", "text", "json"), f"a block of kind {kind!r}"
        if kind != "bash":
            assert not re.search(r"^\s*(\$ |make |vip |curl |docker |python -m)", body, re.MULTILINE), body
    assert Path(ROOT / edition).is_file()
