"""Alembic's entry: runs over the connection that `upgrade` hands in."""

from alembic import context

import pingyi.models  # noqa: F401 - registers the tables
from pingyi.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
