"""Letters."""

from alembic import op

revision = "letters_0001"
down_revision = None
branch_labels = None
depends_on = None

_LETTERS = """
CREATE TABLE letter (
  id BIGSERIAL,
  period_id BIGINT NOT NULL,
  subject TEXT NOT NULL,
  due_on DATE NOT NULL,
  answer TEXT NOT NULL,
  posted BOOLEAN NOT NULL,
  CONSTRAINT pk_letter PRIMARY KEY (id),
  CONSTRAINT fk_letter_period_id FOREIGN KEY (period_id) REFERENCES period (id)
);
GRANT UPDATE, DELETE ON letter TO pingyi_app;
CREATE FUNCTION refuse_second_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an answered letter stays' USING ERRCODE = 'PY1LT';
END $$;
CREATE TRIGGER refuse_second_answer BEFORE UPDATE OF answer ON letter
  FOR EACH ROW WHEN (OLD.answer <> '') EXECUTE FUNCTION refuse_second_answer();
"""


def upgrade() -> None:
    op.execute(_LETTERS)
