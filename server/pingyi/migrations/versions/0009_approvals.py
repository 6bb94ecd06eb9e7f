"""Requests for approvals: any kind that is registered, and two equal ones unless one repeats the other."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


_REQUESTS = """
ALTER TABLE act DROP CONSTRAINT ck_act_kind;
ALTER TABLE act ADD COLUMN repeat_key TEXT,
  ADD CONSTRAINT uq_act_requested_by_repeat_key UNIQUE (requested_by, repeat_key);
CALL insert_only('act');
"""


def upgrade() -> None:
    op.execute(_REQUESTS)
