"""The main story, for one client, through the public API: from the import to the muted marketing after a complaint.

Each step is done by somebody whose role allows it; the events that cause the next step are shown as they pass.
"""

import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from vip.client import Api
from vip.happenings import Listening
from vip.importing import ImportFiles, follow, send_import
from vip.people import Person, client_person
from vip.places import project_root
from vip.stage import Stage, Step
from vip.story_client import StoryClient, invent, write_book
from vip.telling import Teller

BRANCH, SECOND_LEVEL, CENTRE, OUTLET = "BJ", "BJ-03", "BJ-03-W1", "BJ-03-O1"
HEAD_OFFICE = "hq"
CARDS_IN_A_PARCEL = 50
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a story happens: codes of the first- and second-level branch, the wealth centre, and an outlet near it."""

    branch: str = BRANCH
    second_level: str = SECOND_LEVEL
    centre: str = CENTRE
    outlet: str = OUTLET


class Story:
    """One client, from the first figure to the first complaint."""

    def __init__(self, api: Api, listening: Listening, teller: Teller, *, place: Place | None = None) -> None:
        self.api = api
        self.place = place or Place()
        self.stage = Stage(api, listening, teller)
        self._today: date = datetime.now(UTC).astimezone(SHANGHAI).date()
        self._who: StoryClient = invent(self._today)
        self._client_id = ""
        self._card_number = ""
        self._own_manager: Person | None = None

    async def play(self) -> dict[str, Any]:
        """Plays it to the end; what happened, for machines."""
        await self._import()
        await self._evaluate()
        await self._file()
        await self._stock()
        await self._enrol()
        await self._issue()
        await self._plan()
        return await self._call()

    async def play_on(self, client_id: str, who: StoryClient, manager: Person) -> dict[str, Any]:
        """From the filing on, for a client of a book who is a candidate already; he may be below every contact floor."""
        self._client_id, self._who, self._own_manager = client_id, who, manager
        self.stage.follow_client(client_id)
        await self._file()
        await self._stock()
        await self._enrol()
        await self._issue()
        return await self._call()

    async def _call(self) -> dict[str, Any]:
        await self._recognise()
        case = await self._complain()
        await self._mute(case)
        return {
            "client_id": self._client_id,
            "client_no": self._who.client_no,
            "client": self._who.as_row(),
            "card_number": self._card_number,
            "case_id": case["case_id"],
            "case_no": case["case_no"],
            "steps": [step.as_row() for step in self.stage.steps],
        }

    async def _import(self) -> None:
        steward = await self.stage.person("data_steward", HEAD_OFFICE)
        manager = await self._manager()
        async with self.stage.step("A client is imported, with twelve months of figures", steward) as step:
            row = self._who.row(
                home_unit=self.place.centre, manager_no=manager.subject.partition(":")[2], today=self._today
            )
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "one-client.csv"
                write_book(path, [row])
                profile = project_root() / "examples" / "mappings" / "example-book.toml"
                started = await send_import(self.api, ImportFiles(profile=profile, files=[path]), by=steward.subject)
            await follow(self.api, started["operation_id"], by=steward.subject)
            number = self._who.client_no
            registered = await self.stage.event("ClientRegistered", lambda h: h.data.get("client_no") == number)
            self._client_id = str(registered.data["client_id"])
            self.stage.follow_client(self._client_id)
            await self.stage.event("HoldingsChanged")
            step.tell(f"client {number}, kept at {self.place.centre}, manager {manager.subject}")

    async def _evaluate(self) -> None:
        officer = await self.stage.person("branch_personal_banking", self.place.second_level)
        manager = await self._manager()
        async with self.stage.step(
            "Everybody of the branch is evaluated; the manager asks why", officer, manager
        ) as step:
            started = await self.api.post("/v1/qualification-runs", {"unit_id": officer.unit_id}, by=officer.subject)
            await follow(self.api, started["operation_id"], by=officer.subject)
            await self.stage.event("ClientQualified")
            path = f"/v1/clients/{self._client_id}/qualification"
            why = await self.api.get(path, by=manager.subject)
            step.tell(f"meets card level {why['card_level_met']}, service tier {why['service_tier_met']}")
            for policy in why["policies"]:
                for criterion in policy["criteria"]:
                    if criterion["outcome"] == "met":
                        step.tell(
                            f"{policy['code']} v{policy['version']} ({criterion['article']}): {criterion['explanation']['en']}"
                        )
                        step.tell(f"  {criterion['rule']['zh']}：{criterion['explanation']['zh']}")

    async def _file(self) -> None:
        officer = await self.stage.person("branch_personal_banking", self.place.second_level)
        async with self.stage.step("The second-level branch files the qualification for record", officer) as step:
            body = {"level": "head_office", "client_ids": [self._client_id]}
            filed = await self.api.post("/v1/qualification-filings", body, by=officer.subject)
            step.tell(f"filed {filed['filed']}, filing {filed['filing_id']}")

    async def _stock(self) -> None:
        keeper = await self.stage.person("card_keeper", self.place.centre)
        query = {"status": "in_stock", "level": "head_office", "unit_id": keeper.unit_id, "limit": 1}
        if (await self.api.get("/v1/cards", by=keeper.subject, **query))["items"]:
            return
        above = await self.stage.person("branch_personal_banking", self.place.branch)
        supervisor = await self.stage.person("card_supervisor", self.place.centre)
        title = "Card numbers are allotted, cards taken into stock by two people"
        async with self.stage.step(title, above, keeper, supervisor) as step:
            wanted = {"unit_id": keeper.unit_id, "level": "head_office", "count": CARDS_IN_A_PARCEL}
            segment = await self.stage.post_once_known("/v1/number-segments", wanted, by=above.subject)
            parcel = {"unit_id": keeper.unit_id, "segment_id": segment["id"], "count": CARDS_IN_A_PARCEL}
            receipt = await self.api.post("/v1/stock-receipts", parcel, by=keeper.subject)
            signed = await self.api.post(
                f"/v1/stock-receipts/{receipt['id']}/countersignatures", {}, by=supervisor.subject
            )
            step.tell(f"{signed['first_number']} to {signed['last_number']}: {signed['status']}")

    async def _enrol(self) -> None:
        client = await self._client()
        async with self.stage.step("The client joins", client) as step:
            membership = await self.api.post(
                f"/v1/clients/{self._client_id}/memberships",
                {"level": "head_office", "channel": "app"},
                by=client.subject,
            )
            await self.stage.event("ClientEnrolled")
            upgraded = await self.stage.event("ClientUpgraded", self._rise_of_card)
            step.tell(f"membership {membership['membership_id']}, {membership['status']}")
            step.tell(f"card level {upgraded.data['card_level_from']} -> {upgraded.data['card_level_to']}")

    def _rise_of_card(self, happening: Any) -> bool:
        data = happening.data
        return bool(data.get("client_id") == self._client_id and data.get("card_level_to") == "head_office")

    async def _issue(self) -> None:
        keeper = await self.stage.person("card_keeper", self.place.centre)
        supervisor = await self.stage.person("card_supervisor", self.place.centre)
        async with self.stage.step("The reserved card goes out under two signatures", keeper, supervisor) as step:
            reservation = await self.stage.eventually(
                lambda: self._reservation(keeper), lambda found: found["status"] == "reserved", "The reservation"
            )
            step.tell(f"reserved {reservation['card_number']}: {' '.join(reservation['why'])}")
            issue = await self.api.post("/v1/stock-issues", {"reservation_ids": [reservation["id"]]}, by=keeper.subject)
            signed = await self.api.post(f"/v1/stock-issues/{issue['id']}/countersignatures", {}, by=supervisor.subject)
            issued = await self.stage.event("CardIssued")
            self._card_number = str(issued.data["card_number"])
            step.tell(f"{signed['status']}: card {self._card_number}, valid to {issued.data['expires_on']}")

    async def _reservation(self, keeper: Person) -> dict[str, Any]:
        async for found in self.api.items("/v1/card-reservations", by=keeper.subject, limit=200):
            if found["client_id"] == self._client_id:
                return found
        return {}

    async def _plan(self) -> None:
        manager = await self._manager()
        async with self.stage.step("The manager sees when to call, and why", manager) as step:
            plan = await self.stage.eventually(
                lambda: self.api.get(f"/v1/clients/{self._client_id}/contact-plan", by=manager.subject),
                lambda found: found["plan_on"] is not None,
                "The contact plan",
            )
            step.tell(f"next contact {plan['plan_on']}, at the latest {plan['latest_on']} ({plan['interval']})")
            self._tell_why(step, plan["explanation"])

    @staticmethod
    def _tell_why(step: Step, explanation: Any) -> None:
        if isinstance(explanation, dict):
            for name in ("text", "sentence", "why", "rule"):
                if isinstance(explanation.get(name), str):
                    step.tell(explanation[name])
                    return

    async def _recognise(self) -> None:
        agent = await self.stage.person("call_centre_agent", HEAD_OFFICE)
        async with self.stage.step("The client calls 95566 and is recognised", agent) as step:
            found = await self.api.post(
                "/v1/client-lookups", {"phone": self._who.mobile, "purpose": "recognition"}, by=agent.subject
            )
            step.tell(f"by phone: matched {found['matched']}, queue priority {found['highest_tier']}")
            factor = {"lookup_id": found["lookup_id"], "identity_last4": self._who.identity_number[-4:]}
            card = await self.api.post("/v1/caller-cards", factor, by=agent.subject)
            client = card["client"]
            manager = client["manager"] or {}
            step.tell(f"{client['name']}, {client['service_tier']}, card level {client['card_level']}")
            step.tell(f"home {client['home_unit']['name_zh']} ({client['home_unit']['name_en']})")
            step.tell(f"manager {manager.get('name')}, {manager.get('work_phone')}")
            for shown in card["cards"]["data"]["items"]:
                step.tell(f"card {shown['card_number']}: {shown['status']}")
            step.tell(f"open complaints: {len(card['complaints']['data']['items'])}")

    async def _complain(self) -> dict[str, Any]:
        agent = await self.stage.person("call_centre_agent", HEAD_OFFICE)
        outlet = await self.stage.person("outlet_head", self.place.outlet)
        async with self.stage.step("The client complains; the case finds its handler and its clocks", agent) as step:
            case = await self.stage.post_once_known(
                "/v1/complaints",
                {
                    "kind": "complaint",
                    "complaint_type": "attitude",
                    "channel": "call_centre_95566",
                    "client_id": self._client_id,
                    "about_unit_id": outlet.unit_id,
                    "subject": "柜台服务态度",
                    "text": "昨天下午在柜台办理业务时，工作人员态度冷淡，希望说明原因。",
                },
                by=agent.subject,
            )
            await self.stage.event("ComplaintOpened")
            await self.stage.event("ComplaintAssigned")
            step.tell(
                f"{case['case_no']}: {case['status']}, routed to {case['role']} ({case['handler'] or 'the unit'})"
            )
            for clock in case["clocks"]:
                step.tell(f"clock {clock['code']}: due {clock['due_at']}")
            why = await self.api.get(f"/v1/complaints/{case['case_id']}/explanation", by=agent.subject)
            for routing in why["routings"]:
                step.tell(f"{routing['rule']['article']}: {routing['found']['en']}")
                step.tell(f"  {routing['found']['zh']}")
        return case

    async def _mute(self, case: dict[str, Any]) -> None:
        manager = await self._manager()
        async with self.stage.step("Marketing to the client falls silent; a return visit is planned", manager) as step:
            mutes = await self.stage.eventually(
                lambda: self.api.get(f"/v1/clients/{self._client_id}/mutes", by=manager.subject),
                lambda found: any(item["case_id"] == case["case_id"] for item in found["items"]),
                "The mute",
            )
            visit = next(item for item in mutes["items"] if item["case_id"] == case["case_id"])
            step.tell(f"marketing muted: {mutes['marketing_muted']}, since {visit['muted_at']}")
            step.tell(
                f"return visit due {visit['return_visit_due_on']}, counted from {visit['return_visit_counted_from']}"
            )

    async def _manager(self) -> Person:
        return self._own_manager or await self.stage.person("relationship_manager", self.place.centre)

    async def _client(self) -> Person:
        manager = await self._manager()
        return client_person(await self.api.get(f"/v1/clients/{self._client_id}", by=manager.subject))
