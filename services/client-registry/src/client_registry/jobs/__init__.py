"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.domain.import_undoing import OF_CLIENTS, OF_FIGURES
from client_registry.jobs import erasures, standing
from client_registry.use_cases.activate_due_policy import activate_due_policy
from client_registry.use_cases.alarm_away_service import FOLLOW_UP_OVERDUE, REPORT_OVERDUE, alarm_away_service
from client_registry.use_cases.approve_tier_policy import ACTIVATION as POLICY_ACTIVATION
from client_registry.use_cases.ask_for_managers import ask_for_managers
from client_registry.use_cases.ask_to_verify import ask_to_verify
from client_registry.use_cases.await_first_meeting import DUE as FIRST_MEETING_DUE
from client_registry.use_cases.await_first_meeting import ask_for_first_meeting
from client_registry.use_cases.await_second_person import EXPIRES as SECOND_ENTRY_EXPIRES
from client_registry.use_cases.begin_posting import begin_posting
from client_registry.use_cases.carry_rate_correction import carry_rate_correction
from client_registry.use_cases.classify_range import KIND as CLASSIFICATION_RUN
from client_registry.use_cases.classify_range import classify_range
from client_registry.use_cases.confirm_reassignment import KIND as REASSIGNMENT
from client_registry.use_cases.escalate_service_request import escalate_service_request
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.expire_emergency_cash import expire_emergency_cash
from client_registry.use_cases.expire_entry import expire_entry
from client_registry.use_cases.expire_tier_policies import expire_tier_policies
from client_registry.use_cases.find_duplicates import KIND as DUPLICATES
from client_registry.use_cases.find_duplicates import find_duplicates
from client_registry.use_cases.flag_potential_clients import find_potential_clients
from client_registry.use_cases.forget_potential_clients import forget_potential_clients
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports
from client_registry.use_cases.give_manager import UNANSWERED
from client_registry.use_cases.merge_units import merge_units
from client_registry.use_cases.post_staff import BEGINS
from client_registry.use_cases.receive_client_import import KIND as CLIENT_IMPORT
from client_registry.use_cases.receive_figure_import import KIND as FIGURE_IMPORT
from client_registry.use_cases.record_away_service import FOLLOW_UP_DUE, REPORT_DUE
from client_registry.use_cases.record_exchange_rates import KIND as RATE_CORRECTION
from client_registry.use_cases.reevaluate_clients import KIND as FIGURES_CHANGED
from client_registry.use_cases.reevaluate_clients import reevaluate_clients
from client_registry.use_cases.remind_of_hand_over import remind_of_hand_over
from client_registry.use_cases.request_emergency_cash import EXPIRES
from client_registry.use_cases.run_client_import import run_client_import
from client_registry.use_cases.run_figure_import import run_figure_import
from client_registry.use_cases.run_reassignment import run_reassignment
from client_registry.use_cases.simulate_range import simulate_range
from client_registry.use_cases.start_merger import KIND as UNIT_MERGER
from client_registry.use_cases.start_policy_simulation import KIND as POLICY_SIMULATION
from client_registry.use_cases.start_qualification_run import KIND as QUALIFICATION_RUN
from client_registry.use_cases.take_service_request import RESPONSE_DUE
from client_registry.use_cases.undo_client_import import undo_client_import
from client_registry.use_cases.undo_figure_import import undo_figure_import

operations = Operations()
sweeps = Sweeps()


@operations(QUALIFICATION_RUN)
async def evaluate_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients of a qualification run."""
    return await evaluate_range(tx, op, now=now)


@operations(CLASSIFICATION_RUN)
async def classify_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients of a classification run."""
    return await classify_range(tx, op, now=now)


@operations(CLIENT_IMPORT)
async def import_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next step of a client import."""
    return await run_client_import(tx, op, now=now)


@operations(FIGURE_IMPORT)
async def import_figures_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next step of an import of figures."""
    return await run_figure_import(tx, op, now=now)


@operations(OF_FIGURES.operation)
async def undo_figures_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of an import of figures that is undone."""
    return await undo_figure_import(tx, op, now=now)


@operations(OF_CLIENTS.operation)
async def undo_clients_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of an import of clients that is undone."""
    return await undo_client_import(tx, op, now=now)


@operations(UNIT_MERGER)
async def merge_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of a merger."""
    return await merge_units(tx, op, now=now)


@sweeps(BEGINS)
async def begin_posted(tx: Tx, due: Due, *, now: datetime) -> None:
    """A posting of today is told to everybody."""
    await begin_posting(tx, due.subject_id, now=now)


@sweeps(DUPLICATES)
async def look_for_duplicates(tx: Tx, due: Due, *, now: datetime) -> None:
    """The next range of an import's files is compared with all others."""
    await find_duplicates(tx, due, now=now)


@sweeps.recurring("forget-stopped-imports", cron="17 * * * *")
async def forget_stopped(tx: Tx, *, now: datetime) -> None:
    """Hourly: uploads of cancelled or broken imports are forgotten."""
    await forget_stopped_imports(tx, now=now)


@sweeps(FIGURES_CHANGED, batch=True)
async def reevaluate_changed(tx: Tx, due: list[Due], *, now: datetime) -> None:
    """Clients whose figures have changed are decided over again, many at once."""
    await reevaluate_clients(tx, [each.subject_id for each in due], now=now)


@operations(RATE_CORRECTION)
async def correct_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients whose figures a corrected exchange rate touches."""
    return await carry_rate_correction(tx, op, now=now)


@sweeps(POLICY_ACTIVATION)
async def activate_policy(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-13, CR-14: an approved policy comes into force on its first day."""
    await activate_due_policy(tx, due.subject_id, now=now)


@sweeps.recurring("tier-policies-expired", cron="7 * * * *")
async def expire_policies(tx: Tx, *, now: datetime) -> None:
    """CR-13: hourly, so that the first hour of a day ends what was in force up to the day before."""
    await expire_tier_policies(tx, now=now)


standing.register(sweeps)
erasures.register(sweeps, operations)


@sweeps(FOLLOW_UP_DUE)
async def follow_up_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-99: the home manager did not follow up in time."""
    await alarm_away_service(tx, due.subject_id, kind=FOLLOW_UP_OVERDUE, now=now)


@sweeps(REPORT_DUE)
async def report_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-100: no report reached the province within 24 hours."""
    await alarm_away_service(tx, due.subject_id, kind=REPORT_OVERDUE, now=now)


@sweeps(UNANSWERED)
async def hand_over_unanswered(tx: Tx, due: Due, *, now: datetime) -> None:
    """A hand-over that nobody has answered in time."""
    await remind_of_hand_over(tx, due.subject_id, now=now)


@sweeps.recurring("clients-without-manager", cron="20 6 * * *")
async def find_clients_without_manager(tx: Tx, *, now: datetime) -> None:
    """Every morning: VIP clients whom nobody at his post looks after."""
    await ask_for_managers(tx, now=now)


@operations(REASSIGNMENT)
async def reassign_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of a leaving manager's clients."""
    return await run_reassignment(tx, op, now=now)


@operations(POLICY_SIMULATION)
async def simulate_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients of a policy simulation."""
    return await simulate_range(tx, op, now=now)


@sweeps(EXPIRES)
async def emergency_cash_expired(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-91: nobody released it in time."""
    await expire_emergency_cash(tx, due.subject_id, now=now)


@sweeps(RESPONSE_DUE)
async def response_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-101: nobody responded within ten minutes."""
    await escalate_service_request(tx, due.subject_id, now=now)


@sweeps(SECOND_ENTRY_EXPIRES)
async def second_entry_expired(tx: Tx, due: Due, *, now: datetime) -> None:
    """XC-21: nobody entered it the second time within the policy's days."""
    await expire_entry(tx, due.subject_id, now=now)


@sweeps.recurring("ask-to-verify", cron="20 2 * * *")
async def ask_managers_to_verify(tx: Tx, *, now: datetime) -> None:
    """Nightly: incomplete and stale files become work for their managers (CR-79)."""
    await ask_to_verify(tx, now=now)


@sweeps.recurring("forget-potential-clients", cron="35 * * * *")
async def forget_potentials(tx: Tx, *, now: datetime) -> None:
    """Hourly: who was recorded and never became a client is forgotten when the time is over (CR-52)."""
    await forget_potential_clients(tx, now=now)


@sweeps.recurring("find-potential-clients", cron="*/10 3-5 * * *")
async def find_potentials(tx: Tx, *, now: datetime) -> None:
    """Nightly, in portions: clients whom the policy's rule makes ones to be developed (CR-24)."""
    await find_potential_clients(tx, now=now)


@sweeps(FIRST_MEETING_DUE)
async def first_meeting_missing(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-47: no first meeting is on file within the policy's days."""
    await ask_for_first_meeting(tx, due.subject_id, now=now)
