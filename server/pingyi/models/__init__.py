"""All tables; importing this module registers them."""

from pingyi.models.account import Account, OneTimeCode, Session
from pingyi.models.act import Act, ActAnswer, Reopening
from pingyi.models.document import Document, PeriodDocument
from pingyi.models.draw import Draw, DrawOutcome, DrawSubstitution
from pingyi.models.entry import Counter, Delivery, Entry, EntryHead, Leaf, Receipt, Unfolded
from pingyi.models.evidence import Evidence
from pingyi.models.job import OutboxRow, Progress
from pingyi.models.ledger import Cosignature, Epoch, LedgerPending, SealedLeaf, Tile, TreeHead
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
from pingyi.models.unit import Unit, UnitName
from pingyi.models.upload import ColumnMapping, Upload

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
    "ColumnMapping",
    "Cosignature",
    "Counter",
    "Decision",
    "Delivery",
    "Document",
    "Draw",
    "DrawOutcome",
    "DrawSubstitution",
    "Entry",
    "EntryHead",
    "Epoch",
    "Evidence",
    "Leaf",
    "LedgerPending",
    "OneTimeCode",
    "Operator",
    "OutboxRow",
    "Period",
    "PeriodDocument",
    "PeriodUnit",
    "PreviousResult",
    "Progress",
    "Publication",
    "Receipt",
    "Reopening",
    "Roll",
    "SealedLeaf",
    "Session",
    "Snapshot",
    "Tile",
    "TreeHead",
    "Unfolded",
    "Unit",
    "UnitName",
    "UnitResult",
    "Upload",
]
