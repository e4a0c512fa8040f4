"""Every unique index of the registry that two requests can meet at the same moment has its words."""

import sqlalchemy as sa
from client_registry.api.conflicts import CONFLICTS
from client_registry.tables import metadata

# Written by one worker under a lock, or by an insert that lets the index decide: nobody's request can meet them.
_NOT_BY_REQUESTS = {
    "uq_audit_seals_audit_id", "uq_dead_letters_event_id", "work_item_deliveries_once",
    "uq_clients_client_no",  # from a sequence
    "uq_figure_deliveries_source_delivery_no", "uq_bank_reports_source_report_no",
    "uq_post_hand_overs_source_id_from_subject_to_subject", "uq_qualification_decisions_client_id_run_id",
    "uq_erasure_requests_one_open",
    "uq_qualification_reviews_one_open", "uq_duplicate_candidates_client_id_other_client_id",
    # Under the lock of the client's file or of the tree of units.
    "uq_client_contacts_client_id_priority", "uq_unit_history_standing", "uq_corporate_persons_client_id_place",
    # Authors of schemes come one after the other (`store/schemes.py`).
    "uq_grade_schemes_code_version",
    "uq_relationship_endings_standing",
    # Computed from the key or freshly made ids.
    "uq_attachment_chunks_id", "uq_client_changes_id", "uq_client_contacts_id", "uq_client_fields_id",
}  # fmt: skip


def unique_names() -> set[str]:
    constraints = {
        str(each.name)
        for table in metadata.tables.values()
        for each in table.constraints
        if isinstance(each, sa.UniqueConstraint)
    }
    indexes = {str(each.name) for table in metadata.tables.values() for each in table.indexes if each.unique}
    return constraints | indexes


def test_every_unique_index_that_two_requests_can_meet_has_its_words() -> None:
    names = unique_names()
    mine = {name for name in CONFLICTS if not name.startswith("pk_")}
    assert mine <= names, "renamed: the words would never be said"
    assert not mine & _NOT_BY_REQUESTS
    unnamed = names - mine - _NOT_BY_REQUESTS
    assert not unnamed, f"say in api/conflicts.py what the later one is told, or here why nobody meets it: {unnamed}"
