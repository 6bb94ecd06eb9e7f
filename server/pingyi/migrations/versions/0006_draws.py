"""Draws by lot."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE draw (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  rule JSON NOT NULL,
  pool JSON NOT NULL,
  root BYTEA NOT NULL,
  due_on DATE NOT NULL,
  committed_by TEXT NOT NULL,
  committed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  leaf BYTEA NOT NULL,
  CONSTRAINT pk_draw PRIMARY KEY (id),
  CONSTRAINT uq_draw_key UNIQUE (key)
);
CREATE TABLE draw_outcome (
  draw_id BIGINT NOT NULL,
  value TEXT NOT NULL,
  drawn_by TEXT NOT NULL,
  drawn_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_draw_outcome PRIMARY KEY (draw_id),
  CONSTRAINT fk_draw_outcome_draw_id FOREIGN KEY(draw_id) REFERENCES draw (id)
);
CREATE TABLE draw_substitution (
  draw_id BIGINT NOT NULL,
  replaced TEXT NOT NULL,
  member TEXT NOT NULL,
  reason TEXT NOT NULL,
  salt BYTEA NOT NULL,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_draw_substitution PRIMARY KEY (draw_id, replaced),
  CONSTRAINT uq_draw_substitution_draw_id_member UNIQUE (draw_id, member),
  CONSTRAINT fk_draw_substitution_draw_id FOREIGN KEY(draw_id) REFERENCES draw (id)
);
GRANT SELECT, INSERT ON draw, draw_outcome, draw_substitution TO pingyi_app;
GRANT SELECT ON draw, draw_outcome, draw_substitution TO pingyi_sealer;
CALL insert_only('draw');
CALL insert_only('draw_outcome');
CALL insert_only('draw_substitution');
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
"""


def upgrade() -> None:
    op.execute(_TABLES)
