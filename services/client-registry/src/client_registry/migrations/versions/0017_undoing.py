"""Imports of figures that are being undone; what is withdrawn makes a feature row stale like what comes and goes."""

from alembic import op

revision = "0017"
down_revision = "0016"

_STATUSES = "'received', 'checking', 'refused', 'checked', 'applying', 'applied', 'unchanged', 'undoing', 'undone'"

_MARK = """
CREATE FUNCTION mark_client_metrics_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_metrics AS m (client_id, fresh, changed_at)
    SELECT client_id, false, max(coalesce(withdrawn_at, known_at)) FROM moved GROUP BY client_id ORDER BY client_id
    ON CONFLICT (client_id) DO UPDATE
    SET fresh = false, changed_at = greatest(m.changed_at, excluded.changed_at);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_client_imports_status"), "client_imports", type_="check")
    op.create_check_constraint(op.f("ck_client_imports_status"), "client_imports", f"status IN ({_STATUSES})")
    op.execute(_MARK)
    for table in ("monthly_figures", "loan_months", "repayment_histories"):
        op.execute(
            f"CREATE TRIGGER {table}_withdrawn AFTER UPDATE ON {table} REFERENCING NEW TABLE AS moved "
            "FOR EACH STATEMENT EXECUTE FUNCTION mark_client_metrics_withdrawn()"
        )
