"""Approvals that belong to no period but to the installation."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REQUESTS = "ALTER TABLE act ALTER COLUMN period_id DROP NOT NULL;"
# NULL asks for an act of the installation: one of a period never stands for it, nor the other way round.
_APPROVED = """
CREATE OR REPLACE FUNCTION is_approved(wanted bigint, wanted_kind text, wanted_period bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM act JOIN act_answer ON act_answer.act_id = act.id AND act_answer.approved
    WHERE act.id = wanted AND act.kind = wanted_kind AND act.period_id IS NOT DISTINCT FROM wanted_period
  )
$$;
"""


def upgrade() -> None:
    op.execute(_REQUESTS)
    op.execute(_APPROVED)
