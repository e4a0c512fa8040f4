"""docs/traceability.md says what the tests' marks say."""

from pathlib import Path

import pytest
from vip.traceability import UnknownRequirement, render

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_marks_say() -> None:
    assert (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8") == render(ROOT), (
        "run `vip traceability --write` and review the diff"
    )


def test_a_mark_outside_the_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "requirements.md").write_text("| CR-1 | a rule | CCB Art 1 | core |\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(
        '@pytest.mark.requirement("CR-2")\ndef test_it():\n    pass\n', encoding="utf-8"
    )
    with pytest.raises(UnknownRequirement, match="CR-2"):
        render(tmp_path)
