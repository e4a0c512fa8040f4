"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    account_watch,
    admissions,
    away_services,
    classification,
    clients,
    corporate_vips,
    deaths,
    delegations,
    eligibility,
    emergency_cash,
    endings,
    entitlements,
    erasures,
    evidence,
    file_statistics,
    identity_changes,
    imports,
    information_quality,
    memberships,
    mergers,
    monthly_evaluations,
    near_candidates,
    notices,
    organisation,
    organisation_imports,
    papers,
    planning_values,
    qualification,
    rechecks,
    recognition,
    reference_data,
    registration_forms,
    relationships,
    retention,
    schemes,
    second_entries,
    service_requests,
    sharing,
    shortfall,
    staff,
    units,
)
from client_registry.api import client_undoing as client_undoing_routes
from client_registry.api import corporate_files as corporate_files_api
from client_registry.api import exchange_rates as exchange_rate_routes
from client_registry.api import festivals as festivals_api
from client_registry.api import figure_imports as figure_import_routes
from client_registry.api import figure_undoing as figure_undoing_routes
from client_registry.api import figures as figure_routes
from client_registry.api import filing_reviews as review_routes
from client_registry.api import hand_overs as hand_overs_api
from client_registry.api import households as households_api
from client_registry.api import import_templates as import_template_routes
from client_registry.api import important_dates as important_dates_api
from client_registry.api import policy_simulations as simulations
from client_registry.api import potential_clients as potential_clients_api
from client_registry.api import reassignments as reassignments_api
from client_registry.api import registration_form_workbooks as form_workbooks
from client_registry.api import service_team as service_team_api
from client_registry.api import tier_policies as policies

routers = (
    organisation.api,
    organisation.internal,
    clients.api,
    corporate_vips.api,
    qualification.api,
    memberships.api,
    recognition.api,
    eligibility.api,
    imports.api,
    sharing.api,
    figure_routes.api,
    exchange_rate_routes.api,
    review_routes.api,
    policies.api,
    endings.api,
    admissions.api,
    papers.api,
    notices.api,
    entitlements.api,
    away_services.api,
    hand_overs_api.api,
    service_team_api.api,
    reassignments_api.api,
    units.api,
    staff.api,
    delegations.api,
    reference_data.api,
    registration_forms.api,
    form_workbooks.api,
    second_entries.api,
    file_statistics.api,
    simulations.api,
    rechecks.api,
    classification.api,
    mergers.api,
    deaths.api,
    emergency_cash.api,
    schemes.api,
    service_requests.api,
    organisation_imports.api,
    information_quality.api,
    identity_changes.api,
    shortfall.api,
    relationships.api,
    retention.api,
    erasures.api,
    evidence.api,
    households_api.api,
    important_dates_api.api,
    potential_clients_api.api,
    festivals_api.api,
    corporate_files_api.api,
    figure_import_routes.api,
    import_template_routes.api,
    figure_undoing_routes.api,
    client_undoing_routes.api,
    near_candidates.api,
    monthly_evaluations.api,
    planning_values.api,
    account_watch.api,
)
