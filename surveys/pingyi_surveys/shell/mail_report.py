"""What became of a mailing, in sentences: each kind of answer once, lines by number, never an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem

if TYPE_CHECKING:
    from pingyi_surveys.mail.letters import Posted

MOST_LINES: Final = 20
Told = tuple[Text, Sequence[int]]


def incomplete(posted: Posted) -> Problem:
    """Problem mail_incomplete: the answers of the server, and what became of the letters they were about."""
    told = [_line(words, lines) for words, lines in _told(posted)]
    sentences = [_INCOMPLETE, *([_REFUSED_TOO] if posted.refused else [])]
    if posted.next_at:
        sentences.append(_NEXT.format(n=len(posted.waiting), at=clock(posted.next_at)))
    message = Text(zh="".join(one.zh for one in sentences), en=" ".join(one.en for one in sentences))
    return Problem("mail_incomplete", 503, message, told)


def not_accepted(posted: Posted) -> Problem:
    """Problem mail_incomplete: why the one letter of a trial did not go."""
    words = [words for words, _ in _told(posted)]
    message = Text(zh="".join(one.zh for one in words), en=" ".join(one.en for one in words))
    return Problem("mail_incomplete", 503, message)


def clock(moment: datetime) -> str:
    """A moment as people say it."""
    return f"{moment:%H:%M}"


def _told(posted: Posted) -> list[Told]:
    from pingyi_surveys.mail.handover import Outcome
    from pingyi_surveys.mail.reasons import why_stopped

    words = {Outcome.REFUSED: _REFUSED, Outcome.DEFERRED: _DEFERRED}
    told: list[Told] = [
        (words[met.outcome].format(answer=str(met.answer)), met.lines) for met in posted.met.values()
    ]
    if posted.unclear:
        told.append((_UNCLEAR, posted.unclear))
    if posted.unsent:
        told.append((why_stopped(posted.stopped) if posted.stopped else _INTERRUPTED, posted.unsent))
    return told


def _line(words: Text, lines: Sequence[int]) -> FieldError:
    first = sorted(lines)[:MOST_LINES]
    more = len(lines) > MOST_LINES
    numbers = {
        "zh": "、".join(map(str, first)) + (" 等" if more else ""),
        "en": ", ".join(map(str, first)) + (" and more" if more else ""),
    }
    many = Text(
        zh=f"{words.zh}共 {len(lines)} 封：第 {numbers['zh']} 行。",
        en=f"{words.en} Letters: {len(lines)}, of lines {numbers['en']}.",
    )
    return FieldError(code="not_sent", message=many)


_INCOMPLETE = Text(
    zh="有邮件没有发出。没有用的票卡和可以再发的地址写在原文件旁、名称以 -left（提醒则是 -unreminded）"
    "结尾的文件里：再发时请用它们。",
    en="Some messages were not sent. Cards not used and addresses that may get a letter later stand beside "
    "the files, in files whose names end in -left (for reminders: -unreminded): use these for the next run.",
)
_REFUSED_TOO = Text(
    zh="被拒收的地址和答复写在名称以 -refused 结尾的文件里：请核对改正后再发。",
    en="Addresses that were refused stand with the answers in the file that ends in -refused: correct them.",
)
_NEXT = Text(zh="其中 {n} 封请在 {at} 以后再发。", en="Send the {n} that wait after {at}.")
_REFUSED = Text(
    zh="邮件服务器拒收，不会再发：{answer}。", en="The mail server refused it for good: {answer}."
)
_DEFERRED = Text(zh="邮件服务器暂时不收，还没有发出：{answer}。", en="Not taken yet, to go later: {answer}.")
_INTERRUPTED = Text(zh="还没有发出。", en="Not sent.")
_UNCLEAR = Text(
    zh="连接中断，不知是否送达；不会再发。",
    en="The connection broke; it may have arrived, and is not sent again.",
)
