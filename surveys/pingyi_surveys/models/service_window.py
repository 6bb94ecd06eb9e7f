"""Service windows, where the code of an open ballot hangs."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class ServiceWindow(Base):
    """A unit's window of a channel; `kiosk`: many people rate on one device of the office."""

    __tablename__ = "ballot_window"
    __table_args__ = (UniqueConstraint("channel_id", "unit_id", "name", name="uq_ballot_window_channel_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    kiosk: Mapped[bool]
