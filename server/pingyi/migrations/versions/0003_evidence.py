"""Files that prove entries."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE evidence (
          digest BYTEA NOT NULL,
          channel_id BIGINT NOT NULL,
          media_type TEXT NOT NULL,
          size BIGINT NOT NULL,
          referred BOOLEAN DEFAULT false NOT NULL,
          uploaded_by TEXT NOT NULL,
          uploaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
          CONSTRAINT pk_evidence PRIMARY KEY (digest, channel_id),
          CONSTRAINT fk_evidence_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_evidence_channel_id ON evidence (channel_id)")
    op.execute("CREATE INDEX ix_evidence_uploaded_at ON evidence (uploaded_at) WHERE NOT referred")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON evidence TO pingyi_app")
    op.execute("GRANT SELECT ON evidence TO pingyi_sealer")
