"""One resumable range of a classification run (CR-32): the next clients below a unit by id."""

from datetime import datetime
from time import perf_counter_ns
from uuid import UUID

from chassis.db import Tx
from chassis.operations import Operation, Step

from client_registry.domain.range_sizes import next_size
from client_registry.store import evaluation
from client_registry.use_cases.classify_clients import classify_clients

KIND = "classification-run"
RANGE = 1_000
RANGE_MS = 250
_FIRST = UUID(int=0)


async def classify_range(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The cursor moves in the same transaction, so a killed worker repeats nothing."""
    unit_path = operation.detail["unit_path"]
    total = operation.total
    if total is None:
        total = await evaluation.count_below(tx, unit_path=unit_path)
    after = UUID(operation.cursor["after"]) if "after" in operation.cursor else _FIRST
    look = min(operation.cursor.get("look", size), size)
    began = perf_counter_ns()
    clients = await evaluation.lock_range(tx, unit_path=unit_path, after=after, size=look)
    classes = await classify_clients(tx, clients, now=now)
    took = (perf_counter_ns() - began) // 1_000_000
    done, classified = operation.done + len(clients), operation.cursor.get("classified", 0) + len(classes)
    finished = len(clients) < look
    return Step(
        done=done,
        total=max(total, done),
        cursor={
            "after": str(clients[-1] if clients else after),
            "classified": classified,
            "look": next_size(look, done=len(clients), milliseconds=took, aim=RANGE_MS, most=size),
        },
        finished=finished,
        result={"visited": done, "classified": classified} if finished else None,
    )
