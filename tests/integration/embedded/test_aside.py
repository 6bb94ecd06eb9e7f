"""What is done aside answers, refuses and fails as if it were done here, and leaves nothing loaded."""

from __future__ import annotations

import os
import sys

import pytest

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.embedded.aside import aside


def test_answer_comes_from_a_fork_that_is_gone() -> None:
    def work() -> tuple[int, bool]:
        import wave  # a module that nobody else needs

        return os.getpid(), wave.__name__ in sys.modules

    pid, loaded = aside(work)
    assert (pid != os.getpid(), loaded, "wave" in sys.modules) == (True, True, False)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_refusal_is_raised_here() -> None:
    sentence = Text(zh="不行", en="No")

    def work() -> None:
        raise Problem("no", status=409, message=sentence, errors=[FieldError(code="why", message=sentence)])

    with pytest.raises(Problem) as refused:
        aside(work)
    assert (refused.value.code, refused.value.status, refused.value.message.en) == ("no", 409, "No")
    assert [error.code for error in refused.value.errors] == ["why"]


@pytest.mark.parametrize("ending", [lambda: 1 / 0, lambda: os._exit(3), lambda: sys.exit(2)])
def test_any_other_end_is_an_error_here(ending: object) -> None:
    with pytest.raises(RuntimeError, match="in a fork failed"):
        aside(ending)  # type: ignore[arg-type]
