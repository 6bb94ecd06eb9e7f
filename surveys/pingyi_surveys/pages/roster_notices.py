"""What the holder of a card is told between the pages of the ballot."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi.channels import Text
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.drafts import BallotDraft
from pingyi_surveys.casting.page_html import NoticePage


def saved(box: CachedBox, draft: BallotDraft, address: str) -> NoticePage:
    """Saved, to go on later: how to come back, and until when."""
    told = [_SAVED.format(answered=draft.answered, questions=box.layout.questions), _COME_BACK]
    if box.last_day:
        told.append(_UNTIL.format(day=box.last_day))
    return NoticePage(title=_SAVED_TITLE, told=(*told, _SECRET), links=((address, _GO_ON),))


_SAVED_TITLE = Text(zh="已保存，还没有提交", en="Saved, not submitted yet")
_SAVED = Text(zh="已选 {answered} / {questions} 项。", en="{answered} of {questions} are answered.")
_COME_BACK = Text(
    zh="再次扫描票卡上的二维码，或打开同一个链接，就能接着填；换一部手机也可以。",
    en="Scan the code on your card again, or open the same link, to go on where you stopped, on another "
    "phone too.",
)
_UNTIL = Text(
    zh="请在 {day} 当天或之前提交；没有提交的不计票。",
    en="Submit on {day} at the latest: what is not submitted does not count.",
)
_SECRET = Text(
    zh="保存的内容已加密，只有凭这张票卡才能打开；提交以后谁也打不开。",
    en="What is saved is encrypted: only this card opens it, and once you have submitted nothing does.",
)
_GO_ON = Text(zh="接着填", en="Go on")


def unsure(draft: BallotDraft, count: int, links: Sequence[tuple[str, int, int]]) -> NoticePage:
    """Asked before a ballot with open questions is cast; `links`: address, page and number open there."""
    blank = draft.answered == 0
    return NoticePage(
        title=_BLANK_TITLE if blank else _UNSURE_TITLE.format(count=count),
        told=(_BLANK if blank else _UNSURE,),
        links=tuple((address, _TO_PAGE.format(page=page, count=open_)) for address, page, open_ in links),
        send=_SEND,
    )


_UNSURE_TITLE = Text(zh="还有 {count} 项没有选", en="Not answered: {count}")
_UNSURE = Text(
    zh="没有选的按弃权计。提交以后不能修改。可以先回去补选，也可以直接提交。",
    en="What is left open counts as an abstention, and once submitted nothing can be changed. Go back and "
    "choose, or submit it like this.",
)
_BLANK_TITLE = Text(zh="这是一张空白票", en="This ballot is blank")
_BLANK = Text(
    zh="一项都没有选。提交后计入收回的票，对所有单位按弃权计，不能再改。",
    en="Nothing is chosen. Submitted like this it is a returned ballot that abstains on every unit, and "
    "cannot be changed.",
)
_TO_PAGE = Text(zh="回到第 {page} 页（{count} 项未选）", en="Back to page {page} ({count} open)")
_SEND = Text(zh="就这样提交", en="Submit it like this")
