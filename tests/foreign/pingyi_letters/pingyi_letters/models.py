"""The one table."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Letter(Base):
    """A letter to the office of a period; `answer` is empty until somebody answers."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"))
    subject: Mapped[str]
    due_on: Mapped[date]
    answer: Mapped[str]
    posted: Mapped[bool]
