"""All tables; importing this module registers them."""

from pingyi.models.account import Account, OneTimeCode, Session
from pingyi.models.act import Act, ActAnswer, Reopening
from pingyi.models.entry import Counter, Delivery, Entry, EntryHead, Leaf, Receipt, Unfolded
from pingyi.models.evidence import Evidence
from pingyi.models.job import OutboxRow, Progress
from pingyi.models.operator import ApiKey, Operator
from pingyi.models.period import (
    STATES,
    Adjustment,
    Channel,
    Decision,
    Period,
    PeriodUnit,
    PreviousResult,
    Roll,
)
from pingyi.models.result import Assessment, ChannelScore, Publication, Snapshot, UnitResult
from pingyi.models.scheme import SchemeVersion
from pingyi.models.unit import Unit, UnitName
from pingyi.models.upload import Upload

__all__ = [
    "STATES",
    "Account",
    "Act",
    "ActAnswer",
    "Adjustment",
    "ApiKey",
    "Assessment",
    "Channel",
    "ChannelScore",
    "Counter",
    "Decision",
    "Delivery",
    "Entry",
    "EntryHead",
    "Evidence",
    "Leaf",
    "OneTimeCode",
    "Operator",
    "OutboxRow",
    "Period",
    "PeriodUnit",
    "PreviousResult",
    "Progress",
    "Publication",
    "Receipt",
    "Reopening",
    "Roll",
    "SchemeVersion",
    "Session",
    "Snapshot",
    "Unfolded",
    "Unit",
    "UnitName",
    "UnitResult",
    "Upload",
]
