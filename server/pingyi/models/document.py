"""Documents: what an office configures, in versions that never change once they are issued."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Document(Base):
    """One version of a document, as TOML; once issued only its withdrawal is still added (a trigger).

    `revision` counts what was saved into a draft; `errors` is how many places were wrong when it was saved.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("kind", "key", "version"),
        CheckConstraint("state IN ('draft', 'issued', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'draft') = (issued_at IS NULL)", name="issued"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(default="draft", server_default="draft")
    title_zh: Mapped[str]
    title_en: Mapped[str]
    toml: Mapped[str]
    digest: Mapped[bytes]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    errors: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    issued_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class PeriodDocument(Base):
    """A version that a period goes by, beside its scheme; a trigger keeps it once the period has opened."""

    __tablename__ = "period_document"

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id"), primary_key=True, autoincrement=False, index=True
    )
