"""What it would mean to share a manager's clients out (CR-43, CR-44); nothing moves yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.hand_overs import RelationshipPolicy
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.domain.reassignments import Book, Movable, Rule, digest, share_out
from client_registry.store import hand_overs
from client_registry.store import reassignments as store

_NO_CLIENTS = Text(en="This person has no clients at your places.", zh="该人员在您的机构范围内没有客户。")
_NOT_POSTED = Text(
    en="This person holds no manager's post at your places.", zh="该人员未在您的机构范围内担任客户经理。"
)
_SELF = Text(en="The clients are to leave this person.", zh="接收人不能是移交人本人。")
_TWICE = Text(en="Name everybody once.", zh="请勿重复列出接收人。")


async def preview_reassignment(
    tx: Tx,
    *,
    from_manager: str,
    receivers: Sequence[str],
    rule: Rule,
    remarks: str | None,
    places: Sequence[str],
    by: Principal,
    now: datetime,
) -> UUID:
    """The id of the stored preview: who would get whom, and each book before and after.

    `places` limits the clients and the posts that count. Raises Invalid for receivers without a post there, named
    twice, or the manager himself, and for a manager without clients there.
    """
    today = business_day(now)
    _check(receivers, from_manager)
    posts = await store.posts_of(tx, receivers, MANAGER_ROLES, places, day=today)
    strangers = [number for number, subject in enumerate(receivers) if subject not in posts]
    if strangers:
        raise Invalid([FieldError(f"/to/{number}", "manager.not-posted", _NOT_POSTED) for number in strangers])
    clients = await store.clients_of(tx, from_manager, places)
    if not clients:
        raise Invalid([FieldError("/from_manager", "manager-reassignment.no-clients", _NO_CLIENTS)])
    policy = await hand_overs.policy_on(tx, today)
    books = await store.books_of(tx, [from_manager, *receivers])
    given = share_out(clients, posts, books, rule, policy)
    reassignment_id = new_id()
    await store.add(
        tx, clients, given, id=reassignment_id, from_manager=from_manager, receivers=list(receivers), rule=rule.value,
        places=list(places), policy_version=policy.version, digest=digest(clients, given, rule),
        preview=_stated(from_manager, clients, given, books, policy), proposed_by=by.subject, proposed_at=now,
    )  # fmt: skip
    if remarks is not None:
        await hand_overs.add_remarks(tx, reassignment_id, remarks, client_id=None, by=by.subject, now=now)
    await audit.record(
        tx, act="manager-reassignment.previewed", by=by, object_type="manager-reassignment", object_id=reassignment_id,
        detail={"from": from_manager, "to": list(receivers), "rule": rule.value, "clients": len(clients)}, at=now,
    )  # fmt: skip
    return reassignment_id


def _check(receivers: Sequence[str], from_manager: str) -> None:
    errors = [
        FieldError(f"/to/{number}", "manager-reassignment.self", _SELF)
        for number, subject in enumerate(receivers)
        if subject == from_manager
    ]
    errors += [
        FieldError(f"/to/{number}", "manager-reassignment.twice", _TWICE)
        for number, subject in enumerate(receivers)
        if subject in receivers[:number]
    ]
    if errors:
        raise Invalid(errors)


def _stated(
    from_manager: str,
    clients: Sequence[Movable],
    given: Mapping[UUID, str],
    books: Mapping[str, Book],
    policy: RelationshipPolicy,
) -> dict[str, Any]:
    leaving = [client for client in clients if client.id in given]
    managers = []
    for subject, book in books.items():
        came = [client for client in leaving if given[client.id] == subject]
        after = book.changed(left=leaving) if subject == from_manager else book.changed(came=came)
        managers.append(
            {"manager": subject, "gets": len(came), "before": book.stated(policy), "after": after.stated(policy)}
        )
    return {"clients": len(clients), "unplaced": len(clients) - len(given), "managers": managers}
