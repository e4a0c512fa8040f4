"""What `vip import` sends: clients or figures, with a mapping profile or made from the template."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from vip.importing import ImportFiles, send_import
from vip.processes import LaunchProblem


class Sent:
    """Keeps what is sent."""

    async def send(self, method: str, path: str, **how: Any) -> Any:
        self.path, self.form = path, how["form"]
        self.parts = [(name, part[0], part[1].read()) for name, part in how["files"]]
        return SimpleNamespace(body={"status": "received"})


async def test_figures_go_to_their_own_place_with_month_and_source(tmp_path: Path) -> None:
    book = tmp_path / "october.csv"
    book.write_text("client_no,assets\nA,1\n")
    sent = Sent()
    given = ImportFiles(files=[book], figures=True, source="core", as_of="2026-10", mode="good_rows")
    assert await send_import(sent, given, by="staff:1") == {"status": "received"}  # type: ignore[arg-type]
    assert sent.path == "/v1/figure-imports"
    assert sent.form == {"mode": "good_rows", "validate_only": "false", "month": "2026-10", "source": "core"}
    assert sent.parts == [("files", "october.csv", b"client_no,assets\nA,1\n")]


async def test_a_book_goes_with_its_profile_and_a_missing_file_is_named(tmp_path: Path) -> None:
    profile, book = tmp_path / "p.toml", tmp_path / "b.csv"
    profile.write_text("name = 'p'\n")
    book.write_text("a\n")
    sent = Sent()
    await send_import(sent, ImportFiles(profile=profile, files=[book], as_of="2026-10"), by="staff:1")  # type: ignore[arg-type]
    assert (sent.path, sent.form["as_of"]) == ("/v1/client-imports", "2026-10")
    assert [name for name, _, _ in sent.parts] == ["files", "profile"]
    with pytest.raises(LaunchProblem, match=r"gone\.csv"):
        await send_import(sent, ImportFiles(profile=profile, files=[tmp_path / "gone.csv"]), by="staff:1")  # type: ignore[arg-type]
