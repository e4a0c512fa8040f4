"""One word stem all the way down: use cases, their tests, events, contracts, READMEs, declared dependencies."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {
    "client-registry": "client_registry",
    "card-service": "card_service",
    "complaint-service": "complaint_service",
    "engagement-service": "engagement_service",
}
MEMBERS = {
    **{f"services/{name}": package for name, package in SERVICES.items()},
    "gateway": "gateway",
    "libs/chassis": "chassis",
    "libs/dev-identity": "dev_identity",
    "libs/vip": "vip",
}
HEADINGS = ("Owns", "Answers", "Says", "Hears", "Rules")


def package_of(service: str) -> Path:
    return ROOT / "services" / service / "src" / SERVICES[service]


def use_cases() -> list[tuple[str, Path]]:
    return [
        (service, file)
        for service in SERVICES
        for file in sorted((package_of(service) / "use_cases").rglob("*.py"))
        if file.stem != "__init__"
    ]


@pytest.mark.parametrize(("service", "file"), use_cases(), ids=lambda value: getattr(value, "stem", value))
def test_a_use_case_file_defines_its_verb_and_an_edge_reaches_it(service: str, file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    verbs = {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}
    assert file.stem in verbs, f"{file.name} must define {file.stem}()"
    mentions = [
        other
        for other in package_of(service).rglob("*.py")
        if other != file and re.search(rf"\b{file.stem}\b", other.read_text(encoding="utf-8"))
    ]
    assert mentions, f"nothing calls {file.stem}: delete it or wire it"


def said_events() -> list[tuple[str, str]]:
    found = []
    for service in SERVICES:
        for file in package_of(service).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Fact" for base in node.bases):
                    found.append((service, node.name))
    return found


@pytest.mark.parametrize(("service", "event"), said_events())
def test_an_event_has_a_past_tense_name_a_schema_and_an_example(service: str, event: str) -> None:
    assert re.search(r"(ed|Moved|Posted|Foreseen|Low|Lost|Sent|Expiring)$", event), f"{event} is not in the past tense"
    for kind in ("schema", "example"):
        assert (ROOT / "contracts" / "events" / f"{event}.v1.{kind}.json").is_file()


def test_every_heard_event_is_said_by_somebody() -> None:
    said = {event for _, event in said_events()}
    for service in SERVICES:
        for file in package_of(service).rglob("consumers*.py"):
            for type_ in re.findall(r"@hears\(\s*\"(\w+)\"", file.read_text(encoding="utf-8")):
                assert (ROOT / "contracts" / "events" / f"{type_}.v1.schema.json").is_file(), (
                    f"{type_} is not a contract"
                )
                # What the bank's own systems say is their contract with us.
                text = (ROOT / "contracts" / "events" / f"{type_}.v1.schema.json").read_text(encoding="utf-8")
                assert type_ in said or '"x-topic": "bank.' in text, f"{service} hears {type_}, which nobody says"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_introduces_itself_under_five_headings(service: str) -> None:
    headings = re.findall(
        r"^## (.+)$", (ROOT / "services" / service / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [heading.split(" ")[0] for heading in headings] == list(HEADINGS)


@pytest.mark.parametrize(("folder", "package"), MEMBERS.items(), ids=MEMBERS)
def test_every_third_party_import_is_declared_by_its_member(folder: str, package: str) -> None:
    declared = {
        re.split(r"[\[<>=~! ]", dependency)[0].lower().replace("_", "-")
        for dependency in tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "dependencies"
        ]
    }
    distributions = packages_distributions()
    undeclared = {}
    for file in (ROOT / folder / "src" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for top in {name.split(".")[0] for name in names}:
                if top in sys.stdlib_module_names or top == package or not top:
                    continue
                owners = {owner.lower().replace("_", "-") for owner in distributions.get(top, [top])}
                if not owners & declared:
                    undeclared[top] = str(file.relative_to(ROOT))
    assert not undeclared, f"declare in {folder}/pyproject.toml: {undeclared}"
