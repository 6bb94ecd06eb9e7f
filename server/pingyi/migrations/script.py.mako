"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Add by hand: rights of pingyi_app and pingyi_sealer, and CALL insert_only where rows are only added.
    ${upgrades if upgrades else "pass"}
