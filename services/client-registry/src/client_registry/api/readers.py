"""Who reads what, named once (domain decisions, section 6)."""

# Roles that see client files, each inside its own scope.
FILE_READERS = (
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "outlet_head", "outlet_deputy", "lobby_manager", "counter_teller", "open_counter_teller", "account_manager",
    "corporate_manager", "corporate_head", "branch_personal_banking", "private_banking_department",
    "private_banking_office", "head_office_personal_banking", "client_service_section", "data_steward", "auditor",
)  # fmt: skip
# Roles that see who qualifies.
QUALIFICATION_READERS = (
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "outlet_head", "branch_personal_banking", "private_banking_department", "head_office_personal_banking",
    "client_service_section", "policy_author", "policy_approver", "auditor",
)  # fmt: skip
# Everybody who works at a place may see the places and people around it.
STAFF_ROLES = tuple(
    dict.fromkeys(
        (
            *FILE_READERS, *QUALIFICATION_READERS, "card_keeper", "card_supervisor", "complaint_officer",
            "complaint_coordinator", "call_centre_agent", "call_centre_complaint_officer", "quality_officer", "operator",
        )
    )
)  # fmt: skip
# Who meets clients face to face or on the phone (CR-26, CR-97), nationwide.
RECOGNISERS = (
    "call_centre_agent", "call_centre_complaint_officer", "lobby_manager", "counter_teller", "open_counter_teller",
    "account_manager", "relationship_manager", "private_banker", "wealth_centre_head", "outlet_head", "outlet_deputy",
)  # fmt: skip
# Wealth and private channels, and who makes and watches the rules: they are told the standards of fee concessions (CR-93).
WEALTH_CHANNELS = (
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "branch_personal_banking", "private_banking_department", "private_banking_office", "head_office_personal_banking",
    "client_service_section", "policy_author", "policy_approver", "auditor",
)  # fmt: skip
