"""One file a client, entered promptly, kept by the wealth centre, read at once by whoever serves the client (CR-78)."""

from datetime import timedelta

import pytest
from client_registry.use_cases.await_first_meeting import DUE


@pytest.mark.requirement("CR-78")
async def test_what_is_obtained_is_due_in_the_one_file_and_read_there_by_all_who_serve(
    bank, call, person, registration
) -> None:
    form = registration()
    made = await call(person("1001"), "POST", "/v1/clients", body=form)
    assert made.status_code == 201, made.text
    client = made.json()["client_id"]
    # Promptly: a deadline stands from the first day.
    (due,) = await bank.rows("SELECT due_at FROM due_work WHERE kind = $1 AND subject_id = $2", DUE, client)
    assert due["due_at"] == bank.now + timedelta(days=7)
    # Unified: no other unit opens a second file of the same person.
    elsewhere = {**form, "home_unit_id": str(bank.units["sh-01-c1"]), "manager": "staff:2001"}
    second = await call(person("2001"), "POST", "/v1/clients", body=elsewhere)
    assert (second.status_code, second.json()["code"]) == (409, "client.known")
    # Shared: the outlet that serves reads what the centre's manager has just entered, and the other systems are told.
    await bank.run("UPDATE clients SET serving_unit_ids = $2 WHERE id = $1", client, [bank.units["bj-01-o1"]])
    path = f"/v1/clients/{client}/registration-form"
    before = await call(person("1006"), "GET", path)
    assert before.json()["hobbies"] == []
    entered = await call(
        person("1001"), "PUT", path, body={"source": "active_contact", "hobbies": ["travel"]},
        headers={"If-Match": before.headers["ETag"]},
    )  # fmt: skip
    assert entered.status_code == 200, entered.text
    after = await call(person("1006"), "GET", path)
    assert after.json()["hobbies"] == ["travel"]
    (told,) = await bank.said("ClientProfileChanged", client)
    assert told["groups"] == ["preference"]
    assert (await call(person("2001"), "GET", path)).status_code == 404
