"""How a ballot is kept secret, what outsiders can check, and what none of it covers: for everybody."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import page
from pingyi.db import transaction
from pingyi.web.policy import PUBLIC, policy
from pingyi_surveys.ballot.quarantine import DAY_SURGE, NETWORK_BURST, SAME_DEVICE
from pingyi_surveys.ballot.tally import (
    BAD_MAC,
    CARDS_EXCEEDED,
    LATE,
    MOVED,
    REPLAYED,
    UNDECRYPTABLE,
    UNREADABLE,
)
from pingyi_surveys.review.public_boxes import public_period, public_periods

blueprint = Blueprint("about_ballots", __name__, template_folder="../templates")
_REASONS: Final = {
    SAME_DEVICE: Text(zh="同一设备对同一单位重复评价", en="the same unit rated again from one device"),
    NETWORK_BURST: Text(
        zh="同一网络一天内大量且一边倒", en="many from one network in a day, leaning to one side"
    ),
    DAY_SURGE: Text(zh="某一天数量猛增且一边倒", en="a day with far more than usual, leaning to one side"),
    UNDECRYPTABLE: Text(zh="打不开（不是用本次的公钥封的）", en="cannot be opened: not sealed to this box"),
    BAD_MAC: Text(zh="不是在本系统收下的", en="not taken in here"),
    MOVED: Text(zh="被挪到了别的单位或记录中", en="moved to another unit or row"),
    UNREADABLE: Text(zh="内容不是一张票", en="its content is no ballot"),
    LATE: Text(zh="截止以后才封的", en="sealed after the end"),
    REPLAYED: Text(zh="同一张票重复出现", en="the same ballot once more"),
    CARDS_EXCEEDED: Text(zh="多于发出的票卡", en="more than there are cards"),
}
_STANDINGS: Final = {"held": Text(zh="待核查", en="held"), "rejected": Text(zh="不计", en="rejected")}


@blueprint.get("/about-ballots")
@policy(PUBLIC)
def about() -> AnyResponse:
    """How a ballot is kept secret, and every limit of that."""
    with transaction() as connection:
        periods = public_periods(connection)
    return page("about/about.html", periods=periods)


@blueprint.get("/periods/<period>/ballots")
@policy(PUBLIC)
def period(period: str) -> AnyResponse:
    """A period's keys, thresholds and numbers."""
    with transaction() as connection:
        told = public_period(connection, period)
    return page("about/period.html", told=told, reasons=_REASONS, standings=_STANDINGS)
