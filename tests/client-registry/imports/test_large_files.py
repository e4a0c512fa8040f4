"""Large files: each step takes the file up where the last one ended, in the same memory however long the file is."""

from typing import Any

import pytest
from client_registry.store import imports as store
from client_registry.use_cases import check_client_import, check_figure_import

ROWS = 600
CHECKS = {"/v1/client-imports": check_client_import, "/v1/figure-imports": check_figure_import}


class Steps:
    """Small chunks and small steps, and how many bytes were read of the chunks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.read = 0
        original = store.chunk

        async def counted(*about: Any) -> bytes | None:
            piece = await original(*about)
            self.read += len(piece or b"")
            return piece

        monkeypatch.setattr(store, "chunk", counted)
        monkeypatch.setattr(store, "CHUNK", 512)
        monkeypatch.setattr("client_registry.domain.imports.sheets._SAMPLE", 512)

    def of(self, rows: int) -> None:
        self.read = 0
        for use_case in CHECKS.values():
            self._patch.setattr(use_case, "RANGE", rows)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def clients_csv(small_book: Any, rows: int) -> bytes:
    """Every seventh row is broken; every fifth has a line break in its name."""
    people = [
        (f"N{n}", "王\n明" if n % 5 == 0 else "王小明", "", "", "XX" if n % 7 == 0 else "BJ-W1", "101", f"{n}", "", "")
        for n in range(rows)
    ]
    content: bytes = small_book.csv([(*person, "备注" * 20) for person in people], header=(*small_book.header, "memo"))
    return content


def figures_csv(rows: int) -> bytes:
    # What a reason once was is not read again.
    lines = ["client_no,month,assets,reason"]
    lines += [
        f"A{n % 3 + 1},{2000 + n // 36}-{n % 36 // 3 + 1:02d},{'x' if n % 7 == 0 else n},{'原因' * 20}"
        for n in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("to", CHECKS)
async def test_all_steps_together_read_a_csv_once(registry: Any, small_book: Any, steps: Steps, to: str) -> None:
    figures = to == "/v1/figure-imports"
    content = figures_csv(ROWS) if figures else clients_csv(small_book, ROWS)
    steps.of(ROWS // 12)
    answer = await registry.upload(
        content, profile=None if figures else small_book.profile, to=to, mode="good_rows", validate_only="true"
    )
    assert answer.status_code == 202, answer.text
    await registry.work()
    operation = (await registry.get(f"/v1/operations/{answer.json()['operation_id']}")).json()
    assert (operation["status"], operation["done"]) == ("succeeded", ROWS)
    assert len(content) <= steps.read <= 1.2 * len(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
async def test_a_book_comes_in_alike_in_steps_of_every_size(
    registry: Any, small_book: Any, steps: Steps, encoding: str
) -> None:
    content = clients_csv(small_book, 30).decode().encode(encoding)
    seen = []
    for rows in (1, 4, 7, 29, 30, 31):
        steps.of(rows)
        import_id, operation = await registry.take_in(content, mode="good_rows")
        report = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
        names = await registry.rows("SELECT client_no FROM clients ORDER BY 1")
        seen.append((operation["done"], [(f["row"], f["column"], f["code"]) for f in report], names))
        async with registry.database.transaction() as tx:
            await tx.connection.execute("TRUNCATE clients, client_imports CASCADE")
    assert all(each == seen[0] for each in seen)
    done, findings, names = seen[0]
    assert (done, len(names)) == (60, 25)
    assert findings == [(n + 2, "unit", "row.unknown-unit") for n in range(0, 30, 7)]


async def test_figures_of_several_files_come_in_alike_in_steps_of_every_size(
    registry: Any, small_book: Any, steps: Steps
) -> None:
    await registry.take_in(small_book.csv())
    loans = "client_no,month,loan_no,product,outstanding\n" + "".join(
        f"A1,2025-{n:02d},L-{n},mortgage,{'x' if n == 5 else n}\n" for n in range(1, 12)
    )
    seen = []
    for rows in (1, 2, 11, 20, 50):
        steps.of(rows)
        import_id, operation = await registry.figures(
            figures_csv(20), mode="good_rows", more={"loans.csv": loans.encode("utf-16")}
        )
        report = (await registry.get(f"/v1/figure-imports/{import_id}/report?limit=200")).json()["items"]
        kept = await registry.rows("SELECT month, assets, loans FROM source_figures ORDER BY client_id, month")
        seen.append((operation["result"]["rows_total"], [(f["file"], f["row"], f["code"]) for f in report], kept))
        async with registry.database.transaction() as tx:
            await tx.connection.execute(
                "TRUNCATE source_figures, figure_deliveries, monthly_figures, loan_months CASCADE"
            )
            await tx.connection.execute("DELETE FROM client_imports WHERE content = 'figures'")
    assert all(each == seen[0] for each in seen)
    total, findings, kept = seen[0]
    assert (total, len(kept)) == (31, 27)
    assert findings == [("loans.csv", 6, "row.not-a-number")] + [
        ("figures.csv", n + 2, "row.not-a-number") for n in range(0, 20, 7)
    ]
