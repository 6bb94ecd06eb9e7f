"""Names are compared alike whichever way they are read: the usual ones have a shorter one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pingyi.channels.comparing import compared_text, plain_text

UNSEEN = "\u200b"
USUAL = st.text(" \t'`=\"-_.,/019abcXYZ", max_size=10)


@given(USUAL | st.text(st.characters(max_codepoint=127), max_size=8))
def test_usual_names_are_read_as_all_others_are(text: str) -> None:
    assert plain_text(text) == plain_text(UNSEEN + text)
    assert compared_text(text) == compared_text(UNSEEN + text)
