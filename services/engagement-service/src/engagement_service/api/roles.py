"""Who may see and do what with contact plans and memos (domain decisions §6)."""

from chassis.policy import allow

# The people who keep relationships, and those who answer for them.
KEEPERS = ("relationship_manager", "private_banker", "account_manager", "corporate_manager")
SUPERVISORS = (
    "rm_supervisor",
    "private_banking_supervisor",
    "wealth_centre_head",
    "outlet_head",
    "branch_personal_banking",
    "private_banking_department",
    "client_service_section",
)

READ = allow(*KEEPERS, *SUPERVISORS, "auditor")
WRITE = allow(*KEEPERS, *SUPERVISORS)
# The overview of a client also shows the client himself what is planned, never the memo.
READ_PLAN = allow(*KEEPERS, *SUPERVISORS, "auditor", "client")
