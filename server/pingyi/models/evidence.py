"""Files that prove entries, known by their SHA-256; their bytes stand in a folder."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Evidence(Base):
    """One file of a channel; one that an entry refers to is never removed."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_channel_id", "channel_id"),
        Index("ix_evidence_uploaded_at", "uploaded_at", postgresql_where=text("NOT referred")),
    )

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True, autoincrement=False)
    media_type: Mapped[str]
    size: Mapped[int]
    referred: Mapped[bool] = mapped_column(server_default=text("false"))
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
