"""Names what a restored record lacks of the record as it is known outside the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from pingyi.channels import Text
from pingyi.ledger.static_files import known_epochs, published_entries, published_size
from pingyi.models import Leaf

_AT_ONCE = 2_000
_THERE = select(Leaf.hash).where(Leaf.hash == any_(bindparam("digests", type_=ARRAY(Leaf.hash.type))))


@dataclass(slots=True)
class Gap:
    """Entries of one epoch that a backup lacks: `first` up to, without, `end`."""

    epoch: int
    first: int
    end: int
    kept: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        return self.end - self.first

    def sentences(self) -> Iterator[Text]:
        """Which entries these are, and what became of them as far as can be told."""
        yield _RANGE.format(epoch=self.epoch, first=self.first, last=self.end - 1, n=self.number)
        if self.kept:
            yield _KEPT.format(epoch=self.epoch, n=self.kept)
        for scope, number in sorted(self.lost.items()):
            found = _LOST_OF_NONE if scope == "-" else _LOST
            yield found.format(epoch=self.epoch, n=number, period=scope)
        untold = self.number - self.kept - self.lost.total()
        if untold:
            yield _UNTOLD.format(epoch=self.epoch, n=untold)


_RANGE = Text(
    zh="缺口：第{epoch}期序号 {first} 至 {last} 的 {n} 条不在恢复后的记录中。",
    en="Gap: {n} entries of epoch {epoch}, index {first} to {last}, are not in the restored record.",
)
_KEPT = Text(
    zh="第{epoch}期：其中 {n} 条在备份中正等待封存，内容仍在，将在新一期重新封存。",
    en="Epoch {epoch}: {n} of them were waiting in the backup, so their content is there and is sealed anew.",
)
_LOST = Text(
    zh="第{epoch}期：丢失周期“{period}”的 {n} 条。",
    en="Epoch {epoch}: lost are {n} of period {period}.",
)
_LOST_OF_NONE = Text(
    zh="第{epoch}期：丢失不属于任何周期的 {n} 条。",
    en="Epoch {epoch}: lost are {n} that belong to no period.",
)
_UNTOLD = Text(
    zh="第{epoch}期：另有 {n} 条，树头目录中没有其条目文件，无法说明归属。",
    en="Epoch {epoch}: of {n} more the folder of heads holds no entries, so nobody can say what they were.",
)


def find_gaps(folder: Path, epoch: int, size: int) -> list[Gap]:
    """What the folder of heads knows beyond the first `size` entries of `epoch` (0: nothing was restored)."""
    found = []
    for known in known_epochs(folder):
        first = size if known == epoch else 0
        end = published_size(folder / str(known))
        if known >= epoch and end > first:
            found.append(Gap(known, first, end))
    return found


def tell_lost(connection: Connection, folder: Path, gaps: list[Gap]) -> None:
    """Compare the known entries of each gap with the leaves that were restored."""
    for gap in gaps:
        entries = list(published_entries(folder / str(gap.epoch), gap.first, gap.end))
        for start in range(0, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            there = set(connection.execute(_THERE, {"digests": [digest for _, digest in some]}).scalars())
            gap.kept += sum(digest in there for _, digest in some)
            gap.lost.update(scope for scope, digest in some if digest not in there)
