"""Shell commands of the counting host: keys are made, boxes opened, handed to auditors and destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pingyi.channels import Text
from pingyi.shell import progress_line, running_application, say, words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pingyi.ledger.notes import Checkpoint
    from pingyi_surveys.counting.open_boxes import Approval

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path)


@click.group()
def box() -> None:
    """票箱 / Sealed ballot boxes."""


@box.command()
@click.argument("period")
@click.option(
    "--printed",
    is_flag=True,
    help="密钥抄成两份，由两人保管 / two people keep the key on paper, in two parts",
)
def prepare(period: str, *, printed: bool) -> None:
    """准备密钥 / Make the keys of a draft PERIOD and freeze its boxes; again makes new keys."""
    from pingyi.services.core.callers import SHELL
    from pingyi.services.periods.periods import find_period
    from pingyi_surveys.ballot.keys import new_secret
    from pingyi_surveys.setup.key_files import configured
    from pingyi_surveys.setup.prepare_keys import prepare as make_keys
    from pingyi_surveys.setup.prepare_keys import require_preparable
    from pingyi_surveys.shell.key_part_prompt import hand_over

    with _transaction() as connection:
        require_preparable(connection, find_period(connection, period))
    secret = new_secret() if printed else None
    if secret:
        hand_over(secret)
    with _transaction() as connection:
        made = make_keys(connection, SHELL, find_period(connection, period), configured(), secret)
    say((_PRINTED if printed else _KEPT).format(boxes=len(made.content), digest=made.key_file))


_KEPT = Text(
    zh="已为 {boxes} 个票箱准备密钥。收票密钥文件摘要 {digest}；请把它复制到每台网站主机。"
    "开箱密钥在本机，截止后自动开箱。",
    en="The keys of {boxes} boxes are made. Digest of the key file: {digest}; copy it to every web host. The "
    "box key lies on this host, which opens the boxes by itself after the closing.",
)
_PRINTED = Text(
    zh="已为 {boxes} 个票箱准备密钥。收票密钥文件摘要 {digest}；请把它复制到每台网站主机。"
    "开箱密钥只在两位保管人的纸上，截止后由两人运行 pingyi box open。",
    en="The keys of {boxes} boxes are made. Digest of the key file: {digest}; copy it to every web host. The "
    "box key is on the two holders' sheets alone; after the closing both run pingyi box open.",
)


@box.command("open")
@click.argument("period")
@click.option("--head", type=_FILE, help="外部保存的树头 / a head kept elsewhere")
@click.option("--go-on", is_flag=True, help="与记录不符也继续 / go on although rows and record differ")
@click.option("--by", default="", help="决定继续的人（账号） / login of the person who decides to go on")
@click.option("--second", default="", help="第二人（账号） / login of the second person")
def open_(period: str, head: Path | None, *, go_on: bool, by: str, second: str) -> None:
    """开箱 / Open the boxes of a closed PERIOD, by the key on this host or its two printed parts."""
    from pingyi.services.core.callers import SHELL
    from pingyi_surveys.counting.open_boxes import open_period_boxes

    if go_on != bool(by and second) or go_on != bool(by or second):
        raise click.UsageError(words(_TWO))
    outside = _checkpoint(head)
    with running_application():
        period_id, secret, approval = _begin(period, by, second)
        with progress_line() as progress:
            opened = open_period_boxes(
                period_id, secret, SHELL, approval=approval, outside=outside, tell=_telling(progress)
            )
    for one in opened:
        say(_OPENED.format(**{name: getattr(one, name) for name in one.__dataclass_fields__}))
    if not opened:
        say(Text(zh="没有要开的票箱。", en="There is no box to open."))


_TWO = Text(
    zh="--go-on 要和 --by、--second 一起用：须两人决定。",
    en="--go-on needs --by and --second: two people decide it.",
)
_OPENED = Text(
    zh="渠道“{channel}”已开箱：密封 {sealed} 张，计入 {counted}，待核查 {held}，不计 {rejected}；"
    "摘要 {digest}",
    en="Channel {channel} is open: {sealed} sealed, {counted} counted, {held} held, {rejected} rejected; "
    "digest {digest}",
)


def _begin(period: str, by: str, second: str) -> tuple[int, bytes, Approval | None]:
    from pingyi.db import transaction
    from pingyi_surveys.counting.mismatch_approval import approval_of
    from pingyi_surveys.counting.open_boxes import secret_of
    from pingyi_surveys.shell.key_part_prompt import ask_for_secret

    with transaction() as connection:
        approval = approval_of(connection, by, second) if by else None
        period_id, secret = secret_of(connection, period)
    return period_id, secret or ask_for_secret(), approval


def _checkpoint(path: Path | None) -> Checkpoint | None:
    from pingyi.ledger.notes import read_checkpoint

    try:
        return read_checkpoint(path.read_text(encoding="utf-8")) if path else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from error


def _telling(progress: Callable[[Text], None]) -> Callable[[int, int], None]:
    message = Text(zh="已开 {done} / {total} 张", en="{done} of {total} ballots opened")
    return lambda done, total: progress(message.format(done=done, total=total))


@box.command()
@click.argument("period")
def status(period: str) -> None:
    """状况 / Keys and turnout of PERIOD; that somebody looked goes on the record."""
    from pingyi.services.core.callers import SHELL
    from pingyi.services.periods.periods import find_period
    from pingyi_surveys.review.turnout import view_turnout
    from pingyi_surveys.setup.prepare_keys import newest_prepared

    with _transaction() as connection:
        found = find_period(connection, period)
        prepared = newest_prepared(connection, found.id)
        turnout = view_turnout(connection, SHELL, found)
    say(_NO_KEYS if prepared is None else _HOW_KEPT[prepared.kept])
    for one in turnout:
        cards = "" if one.cards is None else f" / {one.cards}"
        say((_DONE if one.opened else _SEALED).format(channel=one.channel, sealed=one.sealed, cards=cards))


_NO_KEYS = Text(zh="还没有准备密钥。", en="No keys are made yet.")
_HOW_KEPT = {
    "file": Text(zh="开箱密钥：计票主机上的文件。", en="Box key: a file on the counting host."),
    "printed": Text(
        zh="开箱密钥：两人各一份，印在纸上。", en="Box key: two parts on paper, with two people."
    ),
}
_SEALED = Text(
    zh="{channel}：已收 {sealed}{cards} 张，未开箱", en="{channel}: {sealed}{cards} ballots, not opened"
)
_DONE = Text(zh="{channel}：共收 {sealed}{cards} 张，已开箱", en="{channel}: {sealed}{cards} ballots, opened")


@box.command()
@click.argument("period")
@click.option("--out", type=_FOLDER, required=True, help="新的文件夹 / a new folder")
def export(period: str, out: Path) -> None:
    """交给审计 / Write the sealed ballots of an opened PERIOD for auditors; only the box key opens them."""
    from pingyi.services.core.callers import SHELL
    from pingyi_surveys.counting.export_box import hand_out

    with _transaction() as connection:
        rows = hand_out(connection, SHELL, period, out)
    done = Text(
        zh="已写出 {rows} 张密封选票；核对：pingyi recount {out}",
        en="Wrote {rows} sealed ballots; repeat the opening: pingyi recount {out}",
    )
    say(done.format(rows=rows, out=out))


@box.command()
@click.argument("period")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
def destroy(period: str, *, yes: bool) -> None:
    """销毁 / Destroy the box key and all sealed ballots of a published PERIOD, on the record."""
    from pingyi.services.core.callers import SHELL
    from pingyi.services.periods.periods import find_period
    from pingyi_surveys.counting.destroy_keys import destroy_box, require_destroyable

    with _transaction() as connection:
        require_destroyable(connection, find_period(connection, period))
    if not yes:
        click.confirm(words(_SURE.format(period=period)), abort=True)
    with running_application():
        removed = destroy_box(SHELL, period)
    say(_DESTROYED.format(removed=removed))


_SURE = Text(
    zh="异议期确已结束？销毁后“{period}”再也不能重新计票",
    en="Has the objection period ended? Nobody can recount {period} afterwards",
)
_DESTROYED = Text(
    zh="已销毁：{removed} 张密封选票已删除，开箱密钥已作废并记入记录。印在纸上的请两位保管人当场销毁；"
    "存有密钥的旧备份也请销毁。",
    en="Destroyed: {removed} sealed ballots are removed, and the end of the box key is on the record. Parts "
    "on paper are to be destroyed by their holders now, and so is any copy of the key file.",
)


@contextmanager
def _transaction() -> Iterator[Connection]:
    from pingyi.db import transaction

    with running_application(), transaction() as connection:
        yield connection
