"""Finds a receipt's leaf, and the leaves of acts, without reading the whole record."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


_INDEXES = """
CREATE INDEX ix_leaf_period_id_kind ON leaf (period_id, kind)
  WHERE kind NOT IN ('entry', 'disposition');
CREATE INDEX ix_leaf_delivery_id_position ON leaf (delivery_id, position)
  WHERE delivery_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(_INDEXES)
