"""A real mail server beside the tests of mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.certificates import make_certificate, server_context
from tests.mail_sink import Sink, running_sink

from pingyi.settings import load_settings
from pingyi_surveys.mail.server import MailServer, mail_server
from pingyi_surveys.settings import SurveySettings

FROM = "评议办 <office@pingyi.example>"
Configure = Callable[..., MailServer]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path, sink: Sink) -> Path:
    """The server's certificate; only who trusts this file trusts the server."""
    path = make_certificate(tmp_path)
    sink.context = server_context(path)
    return path


@pytest.fixture
def configure(sink: Sink, tmp_path: Path) -> Configure:
    """The mail server as settings beside these name it."""

    def configured(**told: Any) -> MailServer:
        bare = load_settings({"PINGYI_STATE": str(tmp_path)}).read(SurveySettings)
        usual = {"smtp": f"127.0.0.1:{sink.port}", "mail_from": FROM}
        return mail_server(replace(bare, **(usual | told)))

    return configured
