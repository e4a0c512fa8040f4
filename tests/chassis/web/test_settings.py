"""Settings: from the environment, from files, and refused where they would be a guess or a danger."""

import json
from pathlib import Path
from typing import Any

import pytest
from chassis.delivery_adapters import adapters_of
from chassis.fields import generate_key_file
from chassis.http_client import HttpClient
from chassis.settings import ServiceSettings
from chassis.tokens import generate_key, write_key
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SOME_SERVICE_")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process in production, complete."""
    write_key(generate_key("some-1"), tmp_path / "signing.json", development=False)
    generate_key_file(tmp_path / "fields.json")
    (tmp_path / "url").write_text("postgresql://some:hunter2@db:5432/some\n")
    values = {
        "PORT": "8001",
        "DATABASE_URL_FILE": str(tmp_path / "url"),
        "KAFKA_BOOTSTRAP": "kafka:9092",
        "SIGNING_KEY_FILE": str(tmp_path / "signing.json"),
        "FIELD_KEYS_FILE": str(tmp_path / "fields.json"),
        "TRUSTED_JWKS": json.dumps({"gateway": "http://gateway:8009/internal/jwks"}),
        "PEERS": json.dumps({"client-registry": "http://registry:8001"}),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"SOME_SERVICE_{name}", value)
    return values


def read() -> Settings:
    made: Any = Settings
    settings: Settings = made()
    return settings


def test_a_secret_comes_from_a_file_and_is_never_shown(told: dict[str, str]) -> None:
    settings = read()
    assert settings.database_url.get_secret_value() == "postgresql://some:hunter2@db:5432/some"
    assert "hunter2" not in repr(settings)
    assert settings.peers == {"client-registry": "http://registry:8001"}
    assert settings.environment == "production"


def test_a_json_setting_may_come_from_a_file_too(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "peers").write_text('{"a": "http://a"}')
    monkeypatch.delenv("SOME_SERVICE_PEERS")
    monkeypatch.setenv("SOME_SERVICE_PEERS_FILE", str(tmp_path / "peers"))
    assert read().peers == {"a": "http://a"}


@pytest.mark.parametrize("name", ["PORT", "DATABASE_URL_FILE", "SIGNING_KEY_FILE", "FIELD_KEYS_FILE", "TRUSTED_JWKS"])
def test_what_is_missing_is_not_guessed(told: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"SOME_SERVICE_{name}")
    with pytest.raises(ValidationError):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "true"),
        ("TRUSTED_JWKS", json.dumps({"gateway": "http://127.0.0.1:8009/internal/jwks"})),
        ("TRUSTED_JWKS", json.dumps({"gateway": "http://localhost:8009/internal/jwks"})),
        ("DATABASE_URL", "sqlite:///x"),
    ],
)
def test_production_refuses(told: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SOME_SERVICE_{name}", value)
    with pytest.raises(ValidationError):
        read()


@pytest.mark.parametrize("which", ["signing", "fields"])
def test_production_refuses_a_key_of_development(told: dict[str, str], tmp_path: Path, which: str) -> None:
    path = tmp_path / f"{which}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "development": True}))
    with pytest.raises(ValidationError, match="development"):
        read()


def test_development_takes_them(told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "signing.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "development": True}))
    monkeypatch.setenv("SOME_SERVICE_ENVIRONMENT", "development")
    assert read().environment == "development"


def test_settings_do_not_change(told: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        read().port = 1


SECRET = "0123456789abcdef0123456789abcdef"


def test_work_items_are_told_nobody_unless_settings_say_so(told: dict[str, str]) -> None:
    settings = read()
    assert (settings.work_item_webhook_url, settings.work_item_folder) == (None, None)
    assert adapters_of(settings, HttpClient()) == []


def test_a_webhook_and_a_folder_are_taken_from_the_settings(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SERVICE_WORK_ITEM_WEBHOOK_URL", "https://hook.example/items")
    monkeypatch.setenv("SOME_SERVICE_WORK_ITEM_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("SOME_SERVICE_WORK_ITEM_FOLDER", str(tmp_path))
    settings = read()
    assert SECRET not in repr(settings)
    assert [adapter.name for adapter in adapters_of(settings, HttpClient())] == ["webhook", "file"]


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://hook.example/items", SECRET),
        ("ftp://hook.example/items", SECRET),
        ("https://user:pw@hook.example/items", SECRET),
        ("https:///items", SECRET),
        ("https://hook.example/items", ""),
        ("https://hook.example/items", SECRET[1:]),
    ],
)
def test_a_webhook_that_is_not_safe_is_refused(
    told: dict[str, str], monkeypatch: pytest.MonkeyPatch, url: str, secret: str
) -> None:
    monkeypatch.setenv("SOME_SERVICE_WORK_ITEM_WEBHOOK_URL", url)
    monkeypatch.setenv("SOME_SERVICE_WORK_ITEM_WEBHOOK_SECRET", secret)
    with pytest.raises(ValidationError, match="work_item_webhook"):
        read()
