"""What an operator's headings mean is remembered for a channel, and said of each file."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MAPPINGS = """
CREATE TABLE column_mapping (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  operator_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  plugin TEXT NOT NULL,
  columns JSON NOT NULL,
  digest BYTEA NOT NULL,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_column_mapping PRIMARY KEY (id),
  CONSTRAINT fk_column_mapping_operator_id FOREIGN KEY(operator_id) REFERENCES operator (id)
);
CREATE INDEX ix_column_mapping_of_channel ON column_mapping (operator_id, channel, plugin, id);
ALTER TABLE upload ADD COLUMN columns JSON,
  ADD COLUMN mapping_id BIGINT,
  ADD COLUMN content BYTEA,
  ADD CONSTRAINT fk_upload_mapping_id FOREIGN KEY (mapping_id) REFERENCES column_mapping (id);
GRANT SELECT, INSERT ON column_mapping TO pingyi_app;
GRANT SELECT ON column_mapping TO pingyi_sealer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
CALL insert_only('column_mapping');
"""


def upgrade() -> None:
    op.execute(_MAPPINGS)
