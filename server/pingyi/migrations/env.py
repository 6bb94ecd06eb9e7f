"""Alembic's entry: runs over the connection that `upgrade` hands in."""

from alembic import context

from pingyi.migrations import COMPARED

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["tables"],
    **COMPARED,
)
with context.begin_transaction():
    context.run_migrations()
