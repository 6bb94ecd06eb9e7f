"""Ballots cast with us: questionnaires, cards, keys, sealed ballots and what their opening came to."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # Many statements with percent signs: only the driver's own cursor takes them as they are.
    op.get_bind().connection.cursor().execute(sql)
