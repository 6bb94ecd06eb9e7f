"""Files that operators brought: what each row would do, until they are confirmed, and what columns mean."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class ColumnMapping(Base):
    """What an operator's headings mean on a channel, in every period; the newest stands, none ever changes.

    `columns`: by the folded heading its `title` as written and the label of its `column`, "" for none;
    an empty table forgets all of them. `digest`: SHA-256 of its canonical JSON.
    """

    __tablename__ = "column_mapping"
    __table_args__ = (Index("ix_column_mapping_of_channel", "operator_id", "channel", "plugin", "id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    channel: Mapped[str]
    plugin: Mapped[str]
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Upload(Base):
    """One file of a channel, known by its SHA-256: its rows until it is confirmed, then its delivery.

    `rows` and `verdicts` are compressed JSON; `wrong` counts the rows that keep it from being confirmed.
    `sheet` is the one that was read; `notes` what to know of the file; `columns` what its headings were read
    as, by `mapping_id` where a person said so. `content` is the file, compressed, until it is confirmed. The
    same file again is the same upload until it is confirmed, and then another.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index(
            "uq_upload_unconfirmed",
            "channel_id",
            "digest",
            unique=True,
            postgresql_where=text("delivery_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    digest: Mapped[bytes]
    name: Mapped[str]
    rows: Mapped[bytes]
    verdicts: Mapped[bytes]
    wrong: Mapped[int]
    empty: Mapped[int]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    sheet: Mapped[str] = mapped_column(default="", server_default="")
    notes: Mapped[list[Any] | None] = mapped_column(JSON)
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    mapping_id: Mapped[int | None] = mapped_column(ForeignKey("column_mapping.id"))
    content: Mapped[bytes | None]
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
