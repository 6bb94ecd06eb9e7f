"""Whatever is typed into the form makes a document that can be read, and every error finds its field."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingyi.domain.errors import Problem
from pingyi_surveys.questionnaires.drafts import (
    MOST_ROWS,
    QuestionnaireDraft,
    change_rows,
    document_of,
    draft_of,
    empty_draft,
    field_of,
    names_of,
    read_draft,
)
from pingyi_surveys.questionnaires.questionnaire import (
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)

NAMES = [
    "key", "version", "title.zh", "title.en", "require_all", "wordings.0.key", "wordings.0.categories",
    "wordings.1.key", "wordings.7.key", "options.0.key", "options.0.title.zh", "options.0.scored",
    "options.3.key", "dimensions.0.key", "dimensions.0.words.0.title.zh", "dimensions.0.words.1.hint.en",
    "dimensions.2.key", "comment.given", "comment.title.zh", "comment.hint.en", "comment.max_characters",
]  # fmt: skip
AWKWARD = st.sampled_from(
    ["", '"', "\\", "]]\n[[options]]", "'''", "#", "=", "\ud800", "\x7f", "a.b", "甲", "1"]
)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12) | AWKWARD)
ACTS = st.lists(
    st.builds(
        lambda act, rows, at: f"{act}.{rows}.{at}",
        st.sampled_from(["add", "remove", "up"]),
        st.sampled_from(["options", "wordings", "dimensions", "comment"]),
        st.integers(-1, 4),
    ),
    max_size=6,
)


@pytest.mark.parametrize("key", ready_questionnaires())
def test_draft_of_a_document_makes_the_same_questionnaire(key: str) -> None:
    document = ready_questionnaire(key)
    again = document_of(draft_of(document))
    assert parse_questionnaire(again).digest() == parse_questionnaire(document).digest()


@settings(max_examples=200, deadline=None)
@given(FORMS, ACTS)
def test_anything_typed_can_be_read_and_errors_stand_at_a_part_of_the_form(
    form: dict[str, str], acts: list[str]
) -> None:
    draft = read_draft(form)
    for act in acts:
        change_rows(draft, act)
    assert all(len(dimension.words) == len(draft.wordings) for dimension in draft.dimensions)
    document = document_of(draft)
    tomllib.loads(document)
    try:
        parse_questionnaire(document)
    except Problem as problem:
        known = {"", *names_of(draft)}
        assert "syntax" not in {error.code for error in problem.errors}
        assert {field_of(draft, error.pointer) for error in problem.errors} <= known


def test_rows_are_no_more_than_a_form_may_have() -> None:
    draft = read_draft({f"options.{n}.key": "x" for n in range(999)})
    assert len(draft.options) == MOST_ROWS
    assert change_rows(draft, "add.options")
    assert len(draft.options) == MOST_ROWS


@pytest.mark.parametrize(
    "what", ["", "save", "add", "add.title", "remove.options.2", "up.options.", "remove.options.1.2"]
)
def test_button_that_the_form_has_not_changes_nothing(what: str) -> None:
    draft = empty_draft()
    assert not change_rows(draft, what)
    assert draft == empty_draft()


def test_row_moves_up_with_its_words() -> None:
    draft: QuestionnaireDraft = draft_of(ready_questionnaire("conduct-five-levels"))
    first = [dimension.words[1] for dimension in draft.dimensions]
    assert change_rows(draft, "up.wordings.1")
    assert [dimension.words[0] for dimension in draft.dimensions] == first
    assert parse_questionnaire(document_of(draft)).wordings[0].key == "services"


def test_error_without_a_place_of_its_own_stands_at_what_holds_it() -> None:
    document = 'key = "q"\nversion = 1\n\n[[options]]\nkey = "a"\n'
    with pytest.raises(Problem) as refused:
        parse_questionnaire(document)
    rows = {(error.pointer, error.row) for error in refused.value.errors}
    assert {("/options/0/title", 4), ("/title", 1), ("/options", 4)} <= rows
