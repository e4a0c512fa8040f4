"""docs/settings.md says what the settings classes say; the page's other names are the ones that are really read."""

import re

import pytest
from chassis.settings import ServiceSettings
from vip import settings_page
from vip.places import project_root
from vip.settings_page import Part, Undescribed, render

ROOT = project_root()


def test_the_page_is_what_the_settings_are() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == render(), (
        "run `vip settings --write` and review the difference"
    )


def test_a_setting_without_a_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(ServiceSettings):
        colour: str = "red"

    monkeypatch.setattr(settings_page, "parts", lambda: iter([Part("Some", "Prefix `SOME_`.", Settings)]))
    with pytest.raises(Undescribed, match="colour"):
        render()


def test_every_variable_of_the_compose_file_and_of_the_command_line_is_explained() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    commands = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "libs" / "vip" / "src" / "vip").glob("*.py")
    )
    ours = r"VIP_[A-Z_]+|KC_BOOTSTRAP_[A-Z_]+"
    read = set(re.findall(r"(?:\$\{|^ +)(" + ours + r")(?:\b[:}]|:$)", compose, re.MULTILINE)) | set(
        re.findall(r'(?:envvar=|environ\.get\()"(' + ours + ")", commands)
    )
    explained = set(re.findall(r"^\| `(" + ours + ")`", render(), re.MULTILINE))
    assert read == explained


def test_the_prefixes_on_the_page_are_the_ones_the_classes_have() -> None:
    for part in settings_page.parts():
        assert part.settings.model_config.get("env_prefix", "") == (part.prefix or "")
