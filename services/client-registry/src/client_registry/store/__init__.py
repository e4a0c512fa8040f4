"""The registry in PostgreSQL: rows in, frozen values out. The only writer."""
