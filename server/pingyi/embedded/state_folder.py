"""The state folder: its layout, its one owner, and what the owner publishes."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pingyi.embedded.messages import refusal
from pingyi.embedded.processes import EngineAccount
from pingyi.settings import Settings, may_enter

_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,80}")
_ROLES = ("postgres", "pingyi_owner", "pingyi_app", "pingyi_sealer")


@dataclass(frozen=True, slots=True)
class StateFolder:
    """One state folder and the account whose engines live in it (None: our own account)."""

    state: Path
    account: EngineAccount | None

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def valkey(self) -> Path:
        return self.state / "valkey"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def endpoints(self) -> Path:
        return self.run / "endpoints.json"

    @property
    def engine_uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()


def prepare_place(settings: Settings) -> StateFolder:
    """Make the folders of `settings.state`; refuse one that the engines' account cannot reach."""
    state = settings.state
    account = _account(settings)
    place = StateFolder(state, account)
    try:
        _make_folder(state, parents_mode=0o755 if account else 0o700)
        if state.stat().st_uid != os.geteuid():
            raise refusal("foreign_state", state=state, user=_name(state.stat().st_uid))
        state.chmod(0o711 if account else 0o700)
        for folder in (place.run, place.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise refusal("cannot_write", state=state, reason=error.strerror) from error
    if account and not may_enter(state, account.name):
        raise refusal("cannot_enter", state=state, user=account.name)
    return place


def engine_folder(place: StateFolder, folder: Path) -> Path:
    """Make a folder that only the engines' account (and root) can enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if place.account:
        os.chown(folder, place.account.uid, place.account.gid)
    return folder


@contextmanager
def claimed(place: StateFolder) -> Iterator[None]:
    """Hold the state folder as its one owner; the lock goes with the process, however it ends."""
    with (place.run / "owner.lock").open("a+", encoding="ascii") as lock:
        deadline = time.monotonic() + 0.5
        while not _try_lock(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                lock.seek(0)
                raise refusal("already_running", pid=lock.read().strip() or "?", state=place.state)
            time.sleep(0.02)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_owned(state: Path) -> bool:
    """Whether a running owner holds the state folder."""
    try:
        with (state / "run" / "owner.lock").open(encoding="ascii") as lock:
            return not _try_lock(lock.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def kept_passwords(place: StateFolder) -> Mapping[str, str]:
    """The database roles' passwords, made once for every state folder."""
    path = place.state / "passwords.json"
    if not path.exists():
        made = {role: secrets.token_urlsafe(24) for role in _ROLES}
        write_private(path, json.dumps(made))
    kept: dict[str, str] = json.loads(path.read_text(encoding="ascii"))
    return kept


def keep_secret(place: StateFolder) -> str:
    """The key that signs sessions, made once for every state folder."""
    path = place.state / "secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor, private from the start
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def socket_folder(place: StateFolder) -> Path:
    """A 0700 folder for the sockets: below the state, or elsewhere where that path is long or not plain."""
    own = place.run / "sockets"
    if _PLAIN.fullmatch(str(own)):
        place.run.chmod(0o711 if place.account else 0o700)
        return engine_folder(place, own)
    note = place.run / "sockets.path"
    if note.exists():
        kept = Path(note.read_text(encoding="ascii"))
        if _is_ours(kept, place.engine_uid):
            return kept
    for base in _short_bases():
        if base.is_dir() and os.access(base, os.W_OK) and _reachable(base, place.account):
            made = engine_folder(place, Path(tempfile.mkdtemp(prefix="pingyi-", dir=base)))
            write_private(note, str(made))
            return made
    raise refusal("no_socket_folder")


def _make_folder(folder: Path, *, parents_mode: int) -> None:
    """Make a folder and what is missing above it, whatever the umask; what is there stays as it is."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, parents_mode=parents_mode)
    folder.mkdir(exist_ok=True)
    folder.chmod(parents_mode)


def _short_bases() -> list[Path]:
    named = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp", "/run"]  # noqa: S108 mkdtemp
    return [Path(name) for name in named if _PLAIN.fullmatch(name) and len(name) < 60]


def _reachable(folder: Path, account: EngineAccount | None) -> bool:
    return account is None or may_enter(folder, account.name)


def _is_ours(folder: Path, uid: int) -> bool:
    try:
        info = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and info.st_uid == uid and info.st_mode & 0o077 == 0


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _account(settings: Settings) -> EngineAccount | None:
    if os.geteuid() != 0:
        return None
    data = settings.state / "postgres"
    if data.exists() and data.stat().st_uid != 0:
        found = pwd.getpwuid(data.stat().st_uid)
    else:
        found = pwd.getpwnam(settings.engine_user)
    if found.pw_uid == 0:
        raise refusal("engine_user_root")
    return EngineAccount(found.pw_name, found.pw_uid, found.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
