#!/usr/bin/env bash
# A database and a role of its own for every service; passwords come from files. Runs once, on an empty data folder.
set -euo pipefail
for service in client_registry card_service complaint_service engagement_service; do
  password=$(cat "/run/secrets/${service}_database_password")
  psql -v ON_ERROR_STOP=1 -X -q --username "${POSTGRES_USER:-postgres}" --dbname postgres -v role="$service" -v password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
