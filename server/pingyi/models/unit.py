"""The evaluated units and the names under which partners know them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Unit(Base):
    """A department, social organisation or public service; a tree by `parent_id`."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    subordination: Mapped[str] = mapped_column(default="", server_default="")
    superior: Mapped[str] = mapped_column(default="", server_default="")


class UnitName(Base):
    """One name or alias of a unit, folded for matching; one folded name may belong to several units.

    `coarse`: folded as periods do that were opened before. `period_id`: the period that taught the name; as
    long as that is a draft, nobody else knows it, and its next list of units may take it back.
    """

    __tablename__ = "unit_name"
    __table_args__ = (
        UniqueConstraint("folded", "coarse", "unit_id", "period_id", postgresql_nulls_not_distinct=True),
        Index("ix_unit_name_coarse", "coarse"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    folded: Mapped[str]
    coarse: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    period_id: Mapped[int | None] = mapped_column(ForeignKey("period.id"))
    name: Mapped[str]
