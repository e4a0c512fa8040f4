"""An import of clients is taken back by two people: files nobody has touched since go, the others stay and say why."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from client_registry.domain.client_import_undoing import WHY_KEPT
from client_registry.store import later_acts
from client_registry.store.erasure_plan import client_columns
from client_registry.store.figures import delivered
from client_registry.tables import metadata

FIRST = Principal("staff:900002", (Grant("data_steward", "/hq/", "unit", None),))
SECOND = Principal("staff:900004", (Grant("data_steward", "/hq/", "unit", None),))
AUDITOR = Principal("staff:900005", (Grant("auditor", "/hq/", "unit", None),))


class Undoing:
    """An import of clients and its undoing over HTTP."""

    def __init__(self, registry: Any, import_id: UUID) -> None:
        self.registry, self.path = registry, f"/v1/client-imports/{import_id}"

    async def propose(self, by: Principal = FIRST, reason: str = "wrong_file") -> Any:
        return await self.registry.post(f"{self.path}/undo-proposals", {"reason": reason}, by=by)

    async def approve(self, by: Principal = SECOND) -> Any:
        return await self.registry.post(f"{self.path}/undo-approvals", None, by=by)

    async def preview(self, by: Principal = FIRST) -> Any:
        return await self.registry.get(f"{self.path}/undo", by=by)

    async def through(self) -> dict[str, Any]:
        """Proposed, approved and worked off; the operation at the end."""
        assert (await self.propose()).status_code == 201
        approved = await self.approve()
        assert approved.status_code == 202, approved.text
        await self.registry.work()
        return (await self.registry.get(f"/v1/operations/{approved.json()['operation_id']}", by=SECOND)).json()

    async def report(self) -> dict[str, tuple[str, list[str]]]:
        """client_id → outcome and reasons."""
        items = (await self.registry.get(f"{self.path}/undo-report?limit=200")).json()["items"]
        return {each["client_id"]: (each["outcome"], [why["code"] for why in each["reasons"]]) for each in items}


async def ids(registry: Any) -> dict[str, UUID]:
    return dict(await registry.rows("SELECT client_no, id FROM clients"))


async def run(registry: Any, sql: str, *arguments: object) -> None:
    async with registry.database.transaction() as tx:
        await tx.connection.execute(sql, *arguments)


async def consent(registry: Any, client_id: UUID) -> None:
    """What the client said to a manager."""
    await run(
        registry,
        "INSERT INTO consent_records (client_id, id, purpose, given, way, recorded_by, recorded_at) "
        "VALUES ($1, $2, 'marketing', true, 'visit', 'staff:101', now())",
        client_id, new_id(),
    )  # fmt: skip


async def test_untouched_files_go_their_numbers_are_free_and_the_same_file_comes_again(
    registry: Any, small_book: Any
) -> None:
    import_id, _ = await registry.take_in(small_book.csv())
    before = await ids(registry)
    undoing = Undoing(registry, import_id)
    await run(
        registry,
        "INSERT INTO qualifications (client_id, level, status, decision_id, policy_id, policy_version, criteria, "
        "needs_filing, since_on) VALUES ($1, 'branch', 'candidate', $2, $2, '1', '{deposit}', true, '2026-11-22')",
        before["A1"], new_id(),
    )  # fmt: skip
    seen = (await undoing.preview(AUDITOR)).json()
    assert (seen["status"], seen["clients"], seen["clients_kept"], seen["clients_known"]) == ("applied", 3, 0, 0)
    ended = await undoing.through()
    assert ended["status"] == "succeeded", ended
    result = ended["result"]
    assert (result["clients_taken_back"], result["clients_kept"], result["figures_withdrawn"]) == (3, 0, 40)
    assert (await registry.get(undoing.path)).json()["status"] == "undone"
    assert await undoing.report() == {str(each): ("taken_back", []) for each in before.values()}
    told = await registry.rows("SELECT data FROM outbox WHERE type = 'ClientErased' ORDER BY id")
    assert {row[0]["client_id"] for row in told} == {str(each) for each in before.values()}
    assert {row[0]["cause"] for row in told} == {"import_undone"}
    assert all("file" in row[0]["kinds"] for row in told)
    assert await registry.rows("SELECT FROM clients WHERE identity_index IS NOT NULL OR erased_on IS NULL") == []
    assert await registry.rows("SELECT DISTINCT status FROM qualifications") == [("lapsed",)]
    async with registry.database.reading() as tx:
        since = await tx.connection.fetchval("SELECT max(known_at) FROM monthly_figures")
        then = await delivered(tx, before["A1"], as_of=date(2026, 11, 22), cut_off_at=since, client_since_on=None)
    assert then.months[date(2026, 10, 1)].deposit_average == Decimal("600000.00")
    assert await registry.rows("SELECT FROM monthly_figures WHERE withdrawn_at IS NULL") == []
    _, again = await registry.take_in(small_book.csv())
    assert (again["status"], again["result"]["clients_created"]) == ("succeeded", 3), again
    after = await ids(registry)
    assert {"A1", "A2", "A3"} <= set(after)
    assert after["A1"] != before["A1"]


@pytest.mark.requirement("XC-34")
async def test_two_people_are_needed_within_their_scope_and_once(registry: Any, small_book: Any) -> None:
    import_id, _ = await registry.take_in(small_book.csv())
    undoing = Undoing(registry, import_id)
    early = await undoing.approve()
    assert (early.status_code, early.json()["code"]) == (409, "approval.not-open")
    wrong = await undoing.propose(reason="because")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (await undoing.propose()).status_code == 201
    assert (await undoing.preview()).json()["proposed_by"] == FIRST.subject
    same = await undoing.approve(FIRST)
    assert (same.status_code, same.json()["code"]) == (409, "approval.same-person")
    elsewhere = [
        await undoing.preview(small_book.tianjin), await undoing.propose(small_book.tianjin),
        await undoing.approve(small_book.tianjin), await registry.get(f"{undoing.path}/undo-report", by=small_book.tianjin),
        await registry.post(f"{undoing.path}/undo-refusals", None, by=small_book.tianjin),
    ]  # fmt: skip
    assert [answer.status_code for answer in elsewhere] == [404] * 5
    refused = await registry.post(f"{undoing.path}/undo-refusals", None, by=SECOND)
    assert (refused.status_code, refused.json()["status"]) == (201, "refused")
    assert (await registry.get(undoing.path)).json()["status"] == "applied"
    await undoing.through()
    again = await undoing.propose()
    assert (again.status_code, again.json()["code"]) == (409, "import.not-applied")


async def test_an_import_that_was_only_checked_and_one_of_figures_cannot_be_undone_here(
    registry: Any, small_book: Any
) -> None:
    checked, _ = await registry.take_in(small_book.csv(), validate_only="true")
    answer = await Undoing(registry, checked).propose()
    assert (answer.status_code, answer.json()["code"]) == (409, "import.not-applied")
    await registry.take_in(small_book.csv())
    figures, _ = await registry.figures(b"client_no,month,assets\nA1,2026-10,5\n")
    assert (await Undoing(registry, figures).propose()).status_code == 404


async def test_what_was_done_after_the_proposal_keeps_the_file_but_not_the_figures(
    registry: Any, small_book: Any
) -> None:
    fourth = ("A4", "赵敏", "110101199202020041", "13800000004", "BJ-W1", "101", "1", "", "")
    import_id, taken = await registry.take_in(small_book.csv([*small_book.people, fourth]))
    assert taken["status"] == "succeeded", taken
    clients = await ids(registry)
    undoing = Undoing(registry, import_id)
    await run(registry, "UPDATE clients SET card_number = '6222' WHERE id = $1", clients["A2"])
    await run(
        registry,
        "INSERT INTO qualifications (client_id, level, status, decision_id, policy_id, policy_version, criteria, "
        "needs_filing, since_on, filing_id) VALUES ($1, 'branch', 'filed', $2, $2, '1', '{deposit}', false, '2026-11-22', $2)",
        clients["A3"], new_id(),
    )  # fmt: skip
    await run(
        registry,
        "INSERT INTO service_records (client_id, id, kind, object_id, detail, occurred_at) "
        "VALUES ($1, $2, 'complaint-opened', $2, '{}', now())",
        clients["A3"], new_id(),
    )  # fmt: skip
    seen = (await undoing.preview()).json()
    assert [(each["client_id"], each["reasons"]) for each in seen["kept"]] == [
        (str(clients["A2"]), [{"code": "card", "reason": "a card or card number"}]),
        (
            str(clients["A3"]),
            [
                {"code": "decision", "reason": "a filed or approved decision"},
                {"code": "service", "reason": "a contact, complaint or service since"},
            ],
        ),
    ]
    await undoing.propose()
    await consent(registry, clients["A1"])
    await undoing.approve()
    await registry.work()
    assert await undoing.report() == {
        str(clients["A1"]): ("kept", ["consent"]),
        str(clients["A2"]): ("kept", ["card"]),
        str(clients["A3"]): ("kept", ["decision", "service"]),
        str(clients["A4"]): ("taken_back", []),
    }
    standing = await registry.rows("SELECT client_no FROM clients WHERE erased_on IS NULL ORDER BY 1")
    assert standing == [("A1",), ("A2",), ("A3",)]
    filed = await registry.rows("SELECT status FROM qualifications WHERE client_id = $1", clients["A3"])
    assert filed == [("filed",)], "a filed decision waits for a person's review"
    assert await registry.rows("SELECT FROM monthly_figures WHERE withdrawn_at IS NULL") == []
    due = await registry.rows("SELECT subject_id FROM due_work WHERE kind = 'client.figures-changed'")
    assert {clients["A1"], clients["A2"], clients["A3"]} <= {row[0] for row in due}


async def test_figures_brought_to_a_client_who_was_there_go_back_to_what_stood_before(
    registry: Any, small_book: Any
) -> None:
    await registry.take_in(small_book.csv())
    clients = await ids(registry)
    later, operation = await registry.take_in(small_book.csv(small_book.with_value(1, "dep", "700000")))
    assert operation["result"]["clients_known"] == 3
    undoing = Undoing(registry, later)
    assert (await undoing.preview()).json()["clients_known"] == 3
    ended = await undoing.through()
    assert (ended["result"]["clients_taken_back"], ended["result"]["clients_known"]) == (0, 3)
    assert {outcome for outcome, _ in (await undoing.report()).values()} == {"figures_withdrawn"}
    standing = await registry.rows(
        "SELECT DISTINCT deposit_average FROM monthly_figures WHERE client_id = $1 AND withdrawn_at IS NULL",
        clients["A1"],
    )
    assert standing == [(Decimal("600000.00"),)]
    assert await registry.rows("SELECT FROM clients WHERE erased_on IS NOT NULL") == []


async def test_an_undoing_broken_off_between_two_steps_is_taken_up_where_it_stood(
    registry: Any, small_book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client_registry.use_cases.undo_client_import.RANGE", 1)
    import_id, _ = await registry.take_in(small_book.csv())
    undoing = Undoing(registry, import_id)
    await undoing.propose()
    operation_id = (await undoing.approve()).json()["operation_id"]
    whole = later_acts.reasons_among
    asked = 0

    async def killed_at_the_second(tx: Any, client_ids: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise asyncio.CancelledError
        return await whole(tx, client_ids)

    monkeypatch.setattr(later_acts, "reasons_among", killed_at_the_second)
    with pytest.raises(asyncio.CancelledError):
        await registry.work()
    assert await registry.rows("SELECT count(*) FROM clients WHERE erased_on IS NOT NULL") == [(1,)]
    assert (await registry.get(undoing.path)).json()["status"] == "undoing"
    await run(registry, "UPDATE operations SET lease = NULL, leased_until = NULL WHERE id = $1", UUID(operation_id))
    await registry.work()
    ended = (await registry.get(f"/v1/operations/{operation_id}", by=SECOND)).json()
    assert (ended["status"], ended["result"]["clients_taken_back"]) == ("succeeded", 3)
    assert await registry.rows("SELECT count(*) FROM outbox WHERE type = 'ClientErased'") == [(3,)]


def test_every_table_with_a_client_in_it_keeps_a_file_or_is_named_as_computed() -> None:
    concerned = {table.name for table in metadata.sorted_tables if client_columns(table)}
    assert concerned >= later_acts.COMPUTED
    reasons = {later_acts.reason_of(name) for name in concerned - later_acts.COMPUTED}
    assert {"decision", "membership", "service", "consent", "merged", "died", "hold", "household"} <= reasons
    assert reasons <= set(WHY_KEPT)
