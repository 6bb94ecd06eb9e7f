"""A C2SP witness: cosigns the heads of logs it knows, as long as each head goes on from the one before."""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pingyi.ledger.cosignatures import cosign, cosigner_key
from pingyi.ledger.keys import ensure_key, load_key
from pingyi.ledger.notes import Checkpoint, public_bytes, read_checkpoint, read_verifier, verifier_key, verify
from pingyi.ledger.tree import verify_consistency

LONGEST_REQUEST_BYTES = 65_536
SLOWEST_SECONDS = 10
SIZE_TYPE = "text/x.tlog.size"
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    422: "422 Unprocessable Entity",
}
Answer = tuple[int, str, str]


@dataclass(slots=True)
class Witness:
    """Remembers the newest head of every log in a folder; `logs`: public key by origin without its epoch."""

    name: str
    folder: Path
    logs: dict[str, bytes]
    key: Ed25519PrivateKey = field(repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def verifier(self) -> str:
        """The vkey by which others check this witness's cosignatures."""
        return cosigner_key(self.name, public_bytes(self.key.public_key()))

    def add_checkpoint(self, body: str) -> Answer:
        """Answer one `add-checkpoint` request (C2SP tlog-witness): status, content type, body."""
        try:
            old, proof, note = _read(body)
            head = read_checkpoint(note)
        except ValueError:
            return _plain(400, "not an add-checkpoint request")
        public = self.logs.get(head.origin.rpartition("/")[0])
        if public is None:
            return _plain(404, "unknown log")
        if not verify(note, verifier_key(head.origin, public)):
            return _plain(403, "not signed by the log's key")
        if old > head.size:
            return _plain(400, "the old size is beyond the head")
        with self.lock:
            return self._advance(head, old, proof, note)

    def _advance(self, head: Checkpoint, old: int, proof: Sequence[bytes], note: str) -> Answer:
        path = self.folder / head.origin.replace("/", "_")
        known = read_checkpoint(path.read_text(encoding="utf-8")) if path.exists() else None
        size, root = (known.size, known.root) if known else (0, head.root)
        if old != size or (head.size == size and head.root != root and known):
            return 409, SIZE_TYPE, f"{size}\n"
        if not (old == 0 and not proof) and not verify_consistency(old, head.size, root, head.root, proof):
            return _plain(422, "the proof does not lead from the head known here to this one")
        _put(path, note)
        return _plain(200, cosign(note, self.name, self.key, int(time.time())))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The WSGI application."""
        status, kind, body = self._answer(environ)
        content = body.encode()
        start_response(_STATUS[status], [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        if environ["PATH_INFO"] != "/add-checkpoint" or environ["REQUEST_METHOD"] != "POST":
            return _plain(404, "POST /add-checkpoint")
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdigit() or int(length) > LONGEST_REQUEST_BYTES:
            return _plain(400, "not an add-checkpoint request")
        try:
            body = environ["wsgi.input"].read(int(length)).decode()
        except UnicodeDecodeError:
            return _plain(400, "not UTF-8")
        return self.add_checkpoint(body)


def open_witness(folder: Path, name: str, verifiers: Iterable[str]) -> Witness:
    """The witness of a folder, whose key is made on first use; ValueError for a log's key that is none.

    `verifiers`: the logs' vkeys, any epoch's; later epochs of the same key are cosigned too.
    """
    logs = {}
    for verifier in verifiers:
        origin, public = read_verifier(verifier)
        logs[origin.rpartition("/")[0]] = public
    path = folder / "witness.key"
    ensure_key(path)
    return Witness(name, folder, logs, load_key(path))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = SLOWEST_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the library calls it by
        """Say nothing: every head that was cosigned stands in the folder."""


def serve(witness: Witness, host: str, port: int) -> None:
    """Answer until the process is ended; a few requests a minute need no more than this server."""
    with make_server(host, port, witness, server_class=_Server, handler_class=_Handler) as server:
        server.serve_forever()


def _read(body: str) -> tuple[int, list[bytes], str]:
    """The old size, the proof and the note of a request."""
    head, _, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    word, _, size = first.partition(" ")
    if word != "old" or not size.isascii() or not size.isdigit() or len(lines) > 63:
        raise ValueError("not an add-checkpoint request")
    return int(size), [base64.b64decode(line, validate=True) for line in lines], note


def _plain(status: int, body: str) -> Answer:
    return status, "text/plain; charset=utf-8", body


def _put(path: Path, note: str) -> None:
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
