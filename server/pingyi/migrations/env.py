"""Alembic's entry: runs over the connection that `upgrade` hands in."""

from alembic import context

from pingyi.migrations import COMPARED

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["tables"],
    version_table=given["version_table"],
    **{**COMPARED, **given.get("options", {})},
)
with context.begin_transaction():
    context.run_migrations()
