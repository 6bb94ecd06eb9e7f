"""Everything an office configures is a document: schemes and questionnaires become rows of one table."""

import tomllib

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE document (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  state TEXT DEFAULT 'draft' NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  toml TEXT NOT NULL,
  digest BYTEA NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  errors BIGINT DEFAULT '0' NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE,
  withdrawn_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_document PRIMARY KEY (id),
  CONSTRAINT uq_document_kind_key_version UNIQUE (kind, key, version),
  CONSTRAINT ck_document_state CHECK (state IN ('draft', 'issued', 'withdrawn')),
  CONSTRAINT ck_document_issued CHECK ((state = 'draft') = (issued_at IS NULL)),
  CONSTRAINT ck_document_withdrawn CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
"""
# Schemes keep their numbers; those of questionnaires, which stand nowhere but here, come after them.
_ROWS = """
INSERT INTO document (id, kind, key, version, state, title_zh, title_en, toml, digest, changed_by, issued_at)
  OVERRIDING SYSTEM VALUE
  SELECT id, 'scheme', key, version, CASE WHEN issued_at IS NULL THEN 'draft' ELSE 'issued' END, '', '',
    document, digest, '', issued_at FROM scheme;
INSERT INTO document (id, kind, key, version, state, title_zh, title_en, toml, digest, changed_by, changed_at,
    issued_at)
  OVERRIDING SYSTEM VALUE
  SELECT id + (SELECT coalesce(max(id), 0) FROM scheme), 'questionnaire', key, version,
    CASE WHEN frozen_at IS NULL THEN 'draft' ELSE 'issued' END, '', '', document, digest, changed_by,
    changed_at, frozen_at FROM questionnaire;
SELECT setval(pg_get_serial_sequence('document', 'id'), coalesce(max(id), 0) + 1, false) FROM document;
"""
_MOVE = """
ALTER TABLE ballot_box DISABLE TRIGGER USER;
ALTER TABLE ballot_box DROP CONSTRAINT fk_ballot_box_questionnaire_id;
UPDATE ballot_box SET questionnaire_id = questionnaire_id + (SELECT coalesce(max(id), 0) FROM scheme);
ALTER TABLE ballot_box ENABLE TRIGGER USER,
  ADD CONSTRAINT fk_ballot_box_questionnaire_id FOREIGN KEY (questionnaire_id) REFERENCES document (id);
ALTER TABLE period DROP CONSTRAINT fk_period_scheme_id,
  ADD CONSTRAINT fk_period_scheme_id FOREIGN KEY (scheme_id) REFERENCES document (id);
DROP TABLE questionnaire, scheme;
DROP FUNCTION refuse_frozen_change;
CREATE OR REPLACE FUNCTION refuse_issued_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state = 'issued' AND NEW.state = 'withdrawn'
    AND to_jsonb(NEW) - '{state,withdrawn_at}'::text[] = to_jsonb(OLD) - '{state,withdrawn_at}'::text[] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an issued document never changes' USING ERRCODE = 'PY003';
END $$;
CREATE TRIGGER refuse_issued_change BEFORE UPDATE OR DELETE ON document
  FOR EACH ROW WHEN (OLD.issued_at IS NOT NULL) EXECUTE FUNCTION refuse_issued_change();
GRANT SELECT ON document TO pingyi_sealer;
GRANT SELECT, INSERT, UPDATE, DELETE ON document TO pingyi_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pingyi_app;
"""
# The versions that a period goes by, beside its scheme and its questionnaires; they stand once it has opened.
_OF_PERIODS = """
CREATE TABLE period_document (
  period_id BIGINT NOT NULL,
  document_id BIGINT NOT NULL,
  CONSTRAINT pk_period_document PRIMARY KEY (period_id, document_id),
  CONSTRAINT fk_period_document_period_id FOREIGN KEY (period_id) REFERENCES period (id),
  CONSTRAINT fk_period_document_document_id FOREIGN KEY (document_id) REFERENCES document (id)
);
CREATE INDEX ix_period_document_document_id ON period_document (document_id);
CREATE FUNCTION refuse_document_of_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM period WHERE id = coalesce(NEW.period_id, OLD.period_id) AND state <> 'draft'
  ) THEN
    RAISE EXCEPTION 'the documents of an open period never change' USING ERRCODE = 'PY003';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER refuse_document_of_open_period BEFORE INSERT OR UPDATE OR DELETE ON period_document
  FOR EACH ROW EXECUTE FUNCTION refuse_document_of_open_period();
GRANT SELECT ON period_document TO pingyi_sealer;
GRANT SELECT, INSERT, DELETE ON period_document TO pingyi_app;
"""
_TITLE = sa.text("UPDATE document SET title_zh = :zh, title_en = :en WHERE id = :id")


def upgrade() -> None:
    op.execute(_TABLE)
    op.execute(_ROWS)
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, toml FROM document")).all():
        title = tomllib.loads(row.toml.removeprefix("\ufeff"))["title"]
        connection.execute(_TITLE, {"id": row.id, "zh": title["zh"].strip(), "en": title["en"].strip()})
    op.execute(_MOVE)
    op.execute(_OF_PERIODS)
