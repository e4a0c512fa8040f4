"""Commands that look inside: tokens, people, events as they pass."""

from typing import Annotated

import typer

from vip.asking import AsJson, Home, home_of, run
from vip.client import Api
from vip.happenings import Listening
from vip.people import Person, find_person, list_people
from vip.places import GATEWAY, ISSUER, Ports
from vip.processes import LaunchProblem
from vip.state import State
from vip.telling import Teller

Role = Annotated[str | None, typer.Option("--role", help="For example branch_personal_banking, call_centre_agent.")]
Unit = Annotated[str | None, typer.Option("--unit", help="The unit's code, for example BJ.")]


def ports_of(home_state: State) -> Ports:
    """The ports of the house in this state folder. Raises LaunchProblem when there is none."""
    base = home_state.get("port_base")
    if base is None:
        raise LaunchProblem("There is no house yet; `make up` starts one.")
    return Ports(int(base))


def open_api(state: State) -> Api:
    """The public API of the house in this state folder."""
    ports = ports_of(state)
    return Api(ports.url(GATEWAY), ports.url(ISSUER))


def token(
    role: Role = None,
    unit: Unit = None,
    client: Annotated[str | None, typer.Option("--client", help="A client's number: a token for the client.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print an access token of an example person with this role, or of a client; it lives an hour."""
    teller = Teller(as_json=as_json)

    async def ask() -> None:
        async with open_api(State(home_of(home))) as api:
            person = await find_person(api, role=role, unit=unit, client_no=client)
            access = await api.token(person.subject)
            teller.result({"subject": person.subject, "access_token": access})
            teller.say(access)

    run(ask(), teller)


def people(role: Role = None, unit: Unit = None, home: Home = None, as_json: AsJson = False) -> None:
    """The example people, their roles and units."""
    teller = Teller(as_json=as_json)

    async def ask() -> None:
        async with open_api(State(home_of(home))) as api:
            found: list[Person] = [person async for person in list_people(api, role=role, unit=unit)]
            teller.result({"people": [person.as_row() for person in found]})
            teller.table(
                ("subject", "name", "role", "unit", "reach"),
                [(p.subject, p.name, p.role, p.unit_code, p.reach) for p in found],
            )

    run(ask(), teller)


def events(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="From now on, until Ctrl-C.")] = False,
    only: Annotated[str | None, typer.Option("--type", help="One type, for example ClientUpgraded.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Events as they pass; without --follow those that the broker still has."""
    teller = Teller(as_json=as_json)

    async def ask() -> None:
        bootstrap = State(home_of(home)).get("bootstrap")
        if bootstrap is None:
            raise LaunchProblem("There is no house yet; `make up` starts one.")
        async with Listening(str(bootstrap), from_beginning=not follow) as listening:
            async for happening in listening.pass_by(quiet_s=None if follow else 2.0):
                if only in (None, happening.type):
                    teller.line(happening.as_row())
                    teller.happening(happening)

    run(ask(), teller)
