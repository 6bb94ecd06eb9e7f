"""Names are compared folded, a draft takes back those it taught, and a file is judged anew each time."""

import sqlalchemy as sa
from alembic import op

from pingyi.domain.names import fold_unit_name

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NAMES = """
ALTER TABLE unit_name DROP CONSTRAINT pk_unit_name,
  ADD COLUMN coarse TEXT,
  ADD COLUMN period_id BIGINT,
  ADD COLUMN id BIGINT GENERATED ALWAYS AS IDENTITY;
UPDATE unit_name SET coarse = folded;
"""
_UNIQUE = """
ALTER TABLE unit_name ALTER COLUMN coarse SET NOT NULL,
  ADD CONSTRAINT pk_unit_name PRIMARY KEY (id),
  ADD CONSTRAINT fk_unit_name_period_id FOREIGN KEY (period_id) REFERENCES period (id),
  ADD CONSTRAINT uq_unit_name_folded_coarse_unit_id_period_id
    UNIQUE NULLS NOT DISTINCT (folded, coarse, unit_id, period_id);
CREATE INDEX ix_unit_name_coarse ON unit_name (coarse);
CREATE INDEX ix_unit_name_unit_id ON unit_name (unit_id);
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
"""
# Periods that took entries keep comparing them as they did, so that nothing that stands becomes one.
_PERIODS = """
ALTER TABLE period ADD COLUMN names TEXT DEFAULT 'folded' NOT NULL,
  ADD CONSTRAINT ck_period_names CHECK (names IN ('exact', 'folded'));
UPDATE period SET names = 'exact' WHERE state <> 'draft';
"""
_UPLOADS = """
ALTER TABLE upload DROP CONSTRAINT uq_upload_channel_id_digest,
  ADD COLUMN sheet TEXT DEFAULT '' NOT NULL,
  ADD COLUMN notes JSON;
CREATE UNIQUE INDEX uq_upload_unconfirmed ON upload (channel_id, digest) WHERE delivery_id IS NULL;
"""


def upgrade() -> None:
    op.execute(_NAMES)
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM unit_name")).all()
    for row in names:
        connection.execute(
            sa.text("UPDATE unit_name SET folded = :folded WHERE id = :id"),
            {"id": row.id, "folded": fold_unit_name(row.name)},
        )
    op.execute(_UNIQUE)
    op.execute(_PERIODS)
    op.execute(_UPLOADS)
