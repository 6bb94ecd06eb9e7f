"""Files of operators, between their preview and their confirmation."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE upload (
          id BIGINT GENERATED ALWAYS AS IDENTITY,
          channel_id BIGINT NOT NULL,
          digest BYTEA NOT NULL,
          name TEXT NOT NULL,
          rows BYTEA NOT NULL,
          verdicts BYTEA NOT NULL,
          wrong BIGINT NOT NULL,
          empty BIGINT NOT NULL,
          delivery_id BIGINT,
          uploaded_by TEXT NOT NULL,
          uploaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
          CONSTRAINT pk_upload PRIMARY KEY (id),
          CONSTRAINT uq_upload_channel_id_digest UNIQUE (channel_id, digest),
          CONSTRAINT fk_upload_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id),
          CONSTRAINT fk_upload_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id)
        )
        """
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON upload TO pingyi_app")
    op.execute("GRANT SELECT ON upload TO pingyi_sealer")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app")
