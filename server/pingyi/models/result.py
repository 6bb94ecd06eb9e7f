"""Frozen snapshots and the assessments made of them, as revisions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Snapshot(Base):
    """All that an assessment is a function of, as canonical bytes (compressed), with their SHA-256."""

    __tablename__ = "snapshot"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    digest: Mapped[bytes]
    engine_version: Mapped[str]
    body: Mapped[bytes]
    frozen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Assessment(Base):
    """One revision of a period's result; never edited, published by its own row in `publication`."""

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("period_id", "revision"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"))
    revision: Mapped[int]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshot.id"))
    digest: Mapped[bytes]
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB)
    assessed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UnitResult(Base):
    """A unit's total, rank and status in one assessment; `details` holds groups and adjustments."""

    __tablename__ = "unit_result"

    assessment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    category: Mapped[str]
    position: Mapped[int]
    status: Mapped[str]
    total: Mapped[Decimal | None]
    rank: Mapped[int | None]
    of: Mapped[int | None]
    grade: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ChannelScore(Base):
    """A unit's points on one channel in one assessment, with the evidence and the named facts."""

    __tablename__ = "channel_score"

    assessment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    points: Mapped[Decimal | None]
    n: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class Publication(Base):
    """The act of publishing one revision, approved by a second person."""

    __tablename__ = "publication"

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    act_id: Mapped[int | None] = mapped_column(ForeignKey("act_answer.act_id"), unique=True)
