"""Bodies that may be sent as they stand, to a period whose ballots fit."""

from __future__ import annotations

from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire

QUESTIONNAIRE = {"document": ready_questionnaire("roster-three-levels")}
BOX = {"kind": "roster", "questionnaire": "roster-three-levels", "version": 1}
