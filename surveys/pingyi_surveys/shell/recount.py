"""The auditors' shell command: repeats an opening from an exported folder, without a database."""

from __future__ import annotations

from pathlib import Path

import click

from pingyi.channels import Text
from pingyi.shell import progress_line, say

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--key", type=_FILE, help="开箱密钥文件；没有就输入两份 / file of the box key, else both parts")
@click.option("--out", type=_OUT, help="写出计票结果 / write what was counted into this new file")
def recount(folder: Path, key: Path | None, out: Path | None) -> None:
    """重新计票 / Repeat the opening of an exported FOLDER; exit status 1 where it gives other numbers."""
    from pingyi_surveys.ballot.keys import box_keys_of
    from pingyi_surveys.counting.recount import read_exported, write_openings
    from pingyi_surveys.counting.recount import recount as count_again
    from pingyi_surveys.setup.key_files import read_secret
    from pingyi_surveys.shell.key_part_prompt import ask_for_secret

    exported = read_exported(folder)
    secret = read_secret(key) if key else ask_for_secret()
    keys = box_keys_of(secret, bytes.fromhex(exported.public))
    with progress_line() as progress:
        message = Text(zh="已开 {done} / {total} 张", en="{done} of {total} ballots opened")
        found = list(
            count_again(
                folder, exported, keys, lambda done, of: progress(message.format(done=done, total=of))
            )
        )
    for one in found:
        say((_SAME if one.same else _OTHER).format(**one.told()))
    if out:
        write_openings(out, found)
    raise SystemExit(0 if all(one.same for one in found) else 1)


_SAME = Text(
    zh="渠道“{channel}”：{sealed} 张，计入 {counted}、待核查 {held}、不计 {rejected}，"
    "与开箱记录逐字节一致（{digest}）。",
    en="Channel {channel}: {sealed} ballots, {counted} counted, {held} held, {rejected} rejected: the same "
    "bytes as recorded ({digest}).",
)
_OTHER = Text(
    zh="渠道“{channel}”：重新计票得 {sealed} 张，计入 {counted}、待核查 {held}、不计 {rejected}（{digest}），"
    "与开箱记录（{recorded}）不一致。",
    en="Channel {channel}: the recount gives {sealed} ballots, {counted} counted, {held} held, {rejected} "
    "rejected ({digest}), which is not what was recorded ({recorded}).",
)
