"""The evaluated units and the names under which partners know them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Identity
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
    """One name or alias of a unit, folded for matching; one folded name may belong to several units."""

    __tablename__ = "unit_name"

    folded: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    name: Mapped[str]
