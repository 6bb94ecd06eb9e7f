"""Owns PostgreSQL and Valkey when none is configured, and keeps the processes of one machine running."""
