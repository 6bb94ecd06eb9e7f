"""Keys that were destroyed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class KeyDestruction(Base):
    """That a period's secret or its box key is gone, and who destroyed it."""

    __tablename__ = "key_destruction"
    __table_args__ = (CheckConstraint("what IN ('period_secret', 'box')", name="what"),)

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    destroyed_by: Mapped[str]
    destroyed_at: Mapped[datetime] = mapped_column(server_default=func.now())
