"""Questionnaires as versioned documents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class QuestionnaireVersion(Base):
    """One version of a questionnaire's document; immutable once frozen (a trigger refuses any change)."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("key", "version", name="uq_questionnaire_key"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    document: Mapped[str]
    digest: Mapped[bytes]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    frozen_at: Mapped[datetime | None]
