"""The main story over the public API and the broker: one client from the first figure to the muted marketing."""

from typing import Any

import pytest
from vip.client import Api, Refused
from vip.happenings import Listening
from vip.people import find_person
from vip.story import CENTRE, SECOND_LEVEL, Story
from vip.telling import Teller

pytestmark = pytest.mark.events


@pytest.fixture(scope="module")
async def told(house: Any, api: Api) -> dict[str, Any]:
    """The story, played once."""
    async with Listening(house.bootstrap) as listening:
        return await Story(api, listening, Teller(as_json=True)).play()


@pytest.fixture(scope="module")
async def manager(api: Api, told: dict[str, Any]) -> str:
    return (await find_person(api, role="relationship_manager", unit=CENTRE)).subject


def test_each_event_of_the_story_is_said_once_and_in_this_order(told: dict[str, Any]) -> None:
    said = [event for step in told["steps"] for event in step["events"]]
    order = [
        *("ClientRegistered", "HoldingsChanged", "ClientQualified", "ClientEnrolled", "ClientUpgraded", "CardIssued"),
        *("ComplaintOpened", "ComplaintAssigned"),
    ]
    assert [event for event in said if event in order] == order


@pytest.mark.requirement("CR-3")
async def test_the_client_is_a_member_only_since_he_joined(told: dict[str, Any]) -> None:
    by_step = {step["title"]: step["events"] for step in told["steps"]}
    before = [events for title, events in by_step.items() if title != "The client joins"]
    assert "ClientUpgraded" in by_step["The client joins"]
    assert not any("ClientUpgraded" in events for events in before)


async def test_the_manager_sees_one_issued_gold_card_and_its_custody_under_two_names(
    told: dict[str, Any], api: Api, manager: str
) -> None:
    (card,) = (await api.get(f"/v1/clients/{told['client_id']}/cards", by=manager))["items"]
    assert (card["card_number"], card["status"], card["face"]) == (told["card_number"], "issued", "gold")
    keeper = await find_person(api, role="card_keeper", unit=CENTRE)
    issue = next(
        i for i in (await api.get("/v1/stock-issues", by=keeper.subject))["items"] if i["status"] == "confirmed"
    )
    assert issue["proposed_by"] != issue["countersigned_by"]


@pytest.mark.requirement("XC-12")
async def test_the_call_centre_recognises_by_phone_in_two_steps_and_sees_the_open_case_without_its_words(
    told: dict[str, Any], api: Api
) -> None:
    agent = (await find_person(api, role="call_centre_agent", unit="hq")).subject
    client, identity = told["client"]["mobile"], told["client"]["identity_number"]
    first = await api.post("/v1/client-lookups", {"phone": client}, by=agent)
    assert first["matched"] == "1"
    assert first["highest_tier"] == "private_banking"
    assert first["client"] is None
    with pytest.raises(Refused):
        wrong = "0000" if identity[-4:] != "0000" else "1111"
        await api.post("/v1/caller-cards", {"lookup_id": first["lookup_id"], "identity_last4": wrong}, by=agent)
    card = await api.post(
        "/v1/caller-cards", {"lookup_id": first["lookup_id"], "identity_last4": identity[-4:]}, by=agent
    )
    assert card["client"]["service_tier"] == "private_banking"
    assert card["client"]["manager"]["work_phone"]
    assert card["client"]["name"] != told["client"]["name"]
    assert [c["status"] for c in card["cards"]["data"]["items"]] == ["issued"]
    (case,) = card["complaints"]["data"]["items"]
    assert case["case_no"] == told["case_no"]
    assert "subject" not in case and "text" not in case


async def test_another_branch_sees_nothing_of_the_client(told: dict[str, Any], api: Api) -> None:
    stranger = (await find_person(api, role="wealth_centre_head", unit="SH-01-W1")).subject
    for path in ("", "/cards", "/qualification", "/contact-plan", "/overview"):
        with pytest.raises(Refused) as refused:
            await api.get(f"/v1/clients/{told['client_id']}{path}", by=stranger)
        assert refused.value.status in (403, 404), path


async def test_filing_the_same_client_again_files_nobody(told: dict[str, Any], api: Api) -> None:
    officer = (await find_person(api, role="branch_personal_banking", unit=SECOND_LEVEL)).subject
    body = {"level": "head_office", "client_ids": [told["client_id"]]}
    again = await api.post("/v1/qualification-filings", body, by=officer)
    assert again["filed"] == 0
    assert again["not_filed_client_ids"] == [told["client_id"]]


async def test_marketing_stays_muted_while_the_case_is_open(told: dict[str, Any], api: Api, manager: str) -> None:
    mutes = await api.get(f"/v1/clients/{told['client_id']}/mutes", by=manager)
    assert mutes["marketing_muted"] is True
    (mute,) = mutes["items"]
    assert mute["case_id"] == told["case_id"]
    assert mute["return_visit_due_on"] is not None


async def test_the_story_goes_a_second_time(house: Any, api: Api, told: dict[str, Any]) -> None:
    async with Listening(house.bootstrap) as listening:
        again = await Story(api, listening, Teller(as_json=True)).play()
    assert again["client_id"] != told["client_id"]
    assert again["card_number"] != told["card_number"]
