"""Our tables; importing this module registers them beside the core's."""

from pingyi_surveys.models.ballot_box import BallotBox
from pingyi_surveys.models.ballot_draft import StoredDraft
from pingyi_surveys.models.ballot_keys import BallotKeys, PreparedBox
from pingyi_surveys.models.box_opening import BallotOpinion, BoxOpening
from pingyi_surveys.models.card_list import CardList
from pingyi_surveys.models.cell_review import CellDecision, CellReview
from pingyi_surveys.models.key_destruction import KeyDestruction
from pingyi_surveys.models.sealed_ballot import SealedBallot
from pingyi_surveys.models.service_window import ServiceWindow

__all__ = [
    "BallotBox",
    "BallotKeys",
    "BallotOpinion",
    "BoxOpening",
    "CardList",
    "CellDecision",
    "CellReview",
    "KeyDestruction",
    "PreparedBox",
    "SealedBallot",
    "ServiceWindow",
    "StoredDraft",
]
