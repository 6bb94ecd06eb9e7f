"""An editor of documents: opens their pages, changes the form as it is drawn, and sends it."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from tests.integration.web.conftest import csrf
from tests.unit.web.forms.page_of_form import read_page
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

_EDITOR = re.compile(r'<form class="editor".*?</form>', re.DOTALL)


@dataclass
class Editor:
    """A person at a browser, at one version of a document."""

    client: FlaskClient
    address: str

    def form(self, answer: TestResponse | None = None) -> MultiDict[str, str]:
        """What a browser sends of the form on a page as it is drawn, by default of the version's page."""
        found = _EDITOR.search((answer or self.client.get(self.address)).text)
        assert found, "no form to change"
        return read_page(found[0]).sent()

    def send(self, fields: MultiDict[str, str], do: str = "save", **typed: str) -> TestResponse:
        """Type into the form and press a button."""
        sent = MultiDict(fields)
        for name, value in typed.items():
            sent[name] = value
        sent["do"] = do
        return self.client.post(self.address, data=sent)

    def send_text(self, toml: str, do: str = "save", revision: int = 1) -> TestResponse:
        """Send the text page."""
        token = csrf(self.client, self.address)
        sent = {"toml": toml, "do": do, "revision": str(revision), "csrf_token": token}
        return self.client.post(f"{self.address}/text", data=sent)

    def send_file(self, content: bytes, revision: int = 1) -> TestResponse:
        """Replace what the draft holds by a file."""
        token = csrf(self.client, self.address)
        file = (io.BytesIO(content), "days.toml")
        sent = {"file": file, "do": "file", "revision": str(revision), "csrf_token": token}
        return self.client.post(f"{self.address}/text", data=sent)

    def act(self, what: str, **fields: str) -> TestResponse:
        """Issue, withdraw or discard, as the page of the act asks for it."""
        page = self.client.get(f"{self.address}/{what}").text
        hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
        key = self.address.split("/")[-2]
        return self.client.post(f"{self.address}/{what}", data={**hidden, "typed": key, **fields})


def begin(client: FlaskClient, kind: str, **fields: str) -> Editor:
    """Begin a draft on the page of its kind."""
    page = f"/office/documents/{kind}"
    answer = client.post(page, data={"csrf_token": csrf(client, page), **fields})
    assert answer.status_code == 303, said(answer)
    return Editor(client, answer.headers["Location"])


def said(answer: TestResponse) -> str:
    """The words of a page as they are read."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
