"""Example people: found through the public API by role and unit, so that a token can be asked for them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vip.client import Api
from vip.processes import LaunchProblem


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the bank in one of their roles, or a client."""

    subject: str
    name: str
    role: str
    unit_code: str
    unit_id: str
    reach: str

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


# The example organisation's operator: sees units and staff, no client data.
OPERATOR = "staff:900001"
# Its data steward at head office: imports, and finds clients by their number.
STEWARD = "staff:900002"


async def list_people(api: Api, *, role: str | None = None, unit: str | None = None) -> AsyncIterator[Person]:
    """Everybody who has this role at this unit, or whichever is given."""
    wanted = {name: value for name, value in (("role", role), ("unit_code", unit)) if value is not None}
    async for posting in api.items("/v1/staff", by=OPERATOR, limit=200, **wanted):
        yield Person(
            subject=posting["subject"],
            name=posting["name"],
            role=posting["role"],
            unit_code=posting["unit_code"],
            unit_id=posting["unit_id"],
            reach=posting["reach"],
        )


async def find_person(
    api: Api, *, role: str | None = None, unit: str | None = None, client_no: str | None = None
) -> Person:
    """The first who fits. Raises LaunchProblem when nobody does."""
    if client_no is not None:
        return await find_client(api, client_no)
    async for person in list_people(api, role=role, unit=unit):
        return person
    where = f" at {unit}" if unit else ""
    raise LaunchProblem(f"Nobody in the example has the role {role or 'asked for'}{where}; `vip people` lists them.")


async def find_client(api: Api, client_no: str) -> Person:
    """The client with this number, as the person who logs in. Raises LaunchProblem when there is none."""
    async for file in api.items("/v1/clients", by=STEWARD, client_no=client_no):
        return client_person(file)
    raise LaunchProblem(f"There is no client {client_no}.")


def client_person(file: Mapping[str, Any]) -> Person:
    """A client file as the person who logs in."""
    return Person(
        subject=f"client:{file['client_id']}",
        name=file["name"],
        role="client",
        unit_code=file["home_unit"]["code"],
        unit_id=file["home_unit"]["id"],
        reach="own",
    )
