"""All that can be set from outside, read once from the environment."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.public_hosts import is_site

SYSTEM_STATE = Path("/var/lib/pingyi")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
Kind = TypeVar("Kind")


def text_setting(env: str, about: str, default: str = "") -> Any:
    return field(default=default, metadata={"env": env, "about": about})


def private_setting(env: str, about: str) -> Any:
    """A setting that holds a password: it never shows in a printed or logged Settings."""
    return field(default="", repr=False, metadata={"env": env, "about": about})


def number_setting(env: str, about: str, default: int, least: int = 1) -> Any:
    return field(default=default, metadata={"env": env, "about": about, "least": least})


def choice_setting(env: str, about: str, *choices: str) -> Any:
    """A setting that is one of `choices`, or not set."""
    return field(default="", metadata={"env": env, "about": about, "choices": choices})


def site_setting(env: str, about: str) -> Any:
    """The address of a server, as in https://host; it never ends in a slash."""
    return field(default="", metadata={"env": env, "about": about, "site": True})


def folder_setting(env: str, about: str, below: str) -> Any:
    """A folder; where it is not set, that of the name `below` in the state folder."""
    return field(metadata={"env": env, "about": about, "below": below})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one process runs with; each field's metadata names its variable and says what it is.

    `environ` is the rest of the environment: extensions read settings of their own from there.
    """

    state: Path = field(
        metadata={
            "env": "PINGYI_STATE",
            "about": "folder of the embedded engines, secrets and run files"
            " (default: .pingyi below the working folder, or a folder of its own below /var/lib/pingyi)",
        }
    )
    database_url: str = private_setting("DATABASE_URL", "PostgreSQL, as the application role")
    owner_database_url: str = private_setting("OWNER_DATABASE_URL", "PostgreSQL, as the owner (migrations)")
    sealer_database_url: str = private_setting(
        "SEALER_DATABASE_URL", "PostgreSQL, as the sealer of the record"
    )
    redis_url: str = private_setting("REDIS_URL", "Valkey or Redis for the job queues")
    secret_key: str = private_setting(
        "PINGYI_SECRET_KEY",
        "key that signs sessions, at least 32 characters (kept in the state folder by `pingyi up`)",
    )
    host: str = text_setting("PINGYI_HOST", "address the web server listens on", "127.0.0.1")
    port: int = number_setting("PINGYI_PORT", "port of the web server; 0 takes a free one", 8000, 0)
    web_workers: int = number_setting("PINGYI_WEB_WORKERS", "web server processes", 2)
    blocking_threads: int = number_setting(
        "PINGYI_BLOCKING_THREADS", "threads per web process; slow clients hold one each", 512
    )
    pool_size: int = number_setting("PINGYI_POOL_SIZE", "database connections per process", 8)
    outbox_lease_seconds: int = number_setting(
        "PINGYI_OUTBOX_LEASE_SECONDS", "time after which an unfinished outbox row is sent again", 60
    )
    worker_ttl_seconds: int = number_setting(
        "PINGYI_WORKER_TTL_SECONDS", "time after which a silent worker counts as dead", 30
    )
    job_monitoring_seconds: int = number_setting(
        "PINGYI_JOB_MONITORING_SECONDS", "interval of a working worker's sign of life", 10
    )
    maintenance_seconds: int = number_setting(
        "PINGYI_MAINTENANCE_SECONDS", "interval at which workers take up abandoned jobs", 30
    )
    sweep_seconds: int = number_setting(
        "PINGYI_SWEEP_SECONDS", "interval at which the scheduler looks for work that no job has taken", 10
    )
    plugin_seconds: int = number_setting(
        "PINGYI_PLUGIN_SECONDS",
        "time one channel's code may take for a delivery or for scoring its units",
        60,
    )
    rate_per_second: int = number_setting(
        "PINGYI_RATE_PER_SECOND", "intake requests per second that one key may send to one web process", 100
    )
    office_key_days: int = number_setting(
        "PINGYI_OFFICE_KEY_DAYS", "days that an office key is valid for which is issued without a date", 365
    )
    evidence: str = text_setting(
        "PINGYI_EVIDENCE", "folder of the evidence files (default: evidence below the state folder)"
    )
    origin: str = text_setting(
        "PINGYI_ORIGIN", "name of the record in its checkpoints (default: made of the sealer's key)"
    )
    sealer_key: str = text_setting(
        "PINGYI_SEALER_KEY", "file of the key that signs the record (default: sealer.key in the state folder)"
    )
    heads: str = text_setting(
        "PINGYI_HEADS", "folder of the record's checkpoints and tiles (default: heads below the state folder)"
    )
    bundles: str = text_setting(
        "PINGYI_BUNDLES",
        "folder of the public bundles that the pages offer (default: bundles below the state folder)",
    )
    witnesses: str = text_setting(
        "PINGYI_WITNESSES", "witnesses that cosign every head: vkey, space, address; several parted by commas"
    )
    seal_seconds: int = number_setting(
        "PINGYI_SEAL_SECONDS", "least time between two checkpoints of the record", 1, 0
    )
    max_evidence_bytes: int = number_setting("PINGYI_MAX_EVIDENCE_BYTES", "largest evidence file", 10_485_760)
    max_body_bytes: int = number_setting("PINGYI_MAX_BODY_BYTES", "largest request body", 262_144)
    trusted_hosts: str = text_setting(
        "PINGYI_TRUSTED_HOSTS", "host names the server answers to, separated by commas; empty: any"
    )
    public_address: str = site_setting(
        "PINGYI_PUBLIC_ADDRESS", "where people reach the pages, as in https://host: codes lead there"
    )
    private_addresses: str = choice_setting(
        "PINGYI_PRIVATE_ADDRESSES", "allowed: codes and cards may lead to a private network", "allowed"
    )
    proxy_hops: int = number_setting(
        "PINGYI_PROXY_HOPS", "proxies in front whose forwarding headers are believed", 0, 0
    )
    engine_user: str = text_setting(
        "ENGINE_USER", "account that runs the embedded engines when started as root", "nobody"
    )
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def read(self, kind: type[Kind]) -> Kind:
        """An extension's settings, as its class describes them; Problem bad_setting names the variable."""
        return _read_all(kind, self.environ, self.state)

    @property
    def evidence_folder(self) -> Path:
        """Where the evidence files stand."""
        return Path(self.evidence).absolute() if self.evidence else self.state / "evidence"

    @property
    def sealer_key_file(self) -> Path:
        """Where the key that signs the record stands."""
        return Path(self.sealer_key).absolute() if self.sealer_key else self.state / "sealer.key"

    @property
    def heads_folder(self) -> Path:
        """Where the record's heads are known outside the database."""
        return Path(self.heads).absolute() if self.heads else self.state / "heads"

    @property
    def bundles_folder(self) -> Path:
        """Where the public bundles stand that the pages offer."""
        return Path(self.bundles).absolute() if self.bundles else self.state / "bundles"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read every setting from `environ`; a number that is none is a Problem naming its variable."""
    values: dict[str, Any] = {
        each.name: _read(each, given)
        for each in variables_of(Settings)
        if (given := _given(each, environ)) and each.name != "state"
    }
    values["state"] = _state(environ, values.get("engine_user", "nobody"))
    values.setdefault("secret_key", _kept_secret(values["state"]))
    own = {each.metadata["env"] for each in variables_of(Settings)}
    return Settings(**values, environ={name: value for name, value in environ.items() if name not in own})


def variables_of(kind: type[Any]) -> list[Field[Any]]:
    """The fields of a class of settings that stand for a variable of the environment."""
    return [each for each in fields(kind) if "env" in each.metadata]


def check_settings_class(kind: type[Any] | None, others: Iterable[type[Any] | None]) -> None:
    """TypeError or ValueError says what is wrong with an extension's class of settings."""
    if kind is None:
        return
    if not (is_dataclass(kind) and kind.__dataclass_params__.frozen):  # type: ignore[attr-defined]  # undocumented
        raise TypeError(f"the settings {kind!r} are no frozen dataclass")
    taken = {each.metadata["env"] for other in (Settings, *others) if other for each in variables_of(other)}
    for each in fields(kind):
        name = each.metadata.get("env", "")
        if not _NAME.fullmatch(name):
            raise ValueError(f"the setting {each.name} names no variable of the environment")
        if name in taken:
            raise ValueError(f"the variable {name} is already read")


def _read_all(kind: type[Kind], environ: Mapping[str, str], state: Path) -> Kind:
    values: dict[str, Any] = {}
    for each in variables_of(kind):
        given, below = _given(each, environ), each.metadata.get("below")
        if below is not None:
            values[each.name] = Path(given).absolute() if given else state / below
        elif given:
            values[each.name] = _read(each, given)
    return kind(**values)


def _given(each: Field[Any], environ: Mapping[str, str]) -> str:
    return environ.get(each.metadata["env"], "").strip()


def may_enter(folder: Path, user: str) -> bool:
    """Whether the account `user` can reach `folder`, judged by the permission bits of it and its parents."""
    account = pwd.getpwnam(user)
    if account.pw_uid == 0:
        return True
    groups = os.getgrouplist(user, account.pw_gid)
    real = folder.resolve()
    for step in (real, *real.parents):
        info = step.stat()
        if info.st_uid == account.pw_uid:
            needed = stat.S_IXUSR
        else:
            needed = stat.S_IXGRP if info.st_gid in groups else stat.S_IXOTH
        if not info.st_mode & needed:
            return False
    return True


def _read(each: Field[Any], given: str) -> str | int:
    env, least, choices = (each.metadata.get(name) for name in ("env", "least", "choices"))
    if choices and given not in choices:
        raise Problem("bad_setting", 500, _NO_CHOICE.format(env=env, choices=", ".join(choices)))
    if "site" in each.metadata:
        if not is_site(given):
            raise Problem("bad_setting", 500, _NO_SITE.format(env=env))
        return given.rstrip("/")
    if least is None:
        return given
    if not (given.isascii() and given.isdigit()) or int(given) < least:
        raise Problem("bad_setting", 500, _NOT_A_NUMBER.format(env=env, least=least))
    return int(given)


_NOT_A_NUMBER = Text(
    zh="环境变量 {env} 必须是不小于 {least} 的整数。",
    en="The variable {env} must be a whole number of at least {least}.",
)
_NO_CHOICE = Text(zh="环境变量 {env} 只能是：{choices}。", en="The variable {env} is one of: {choices}.")
_NO_SITE = Text(
    zh="环境变量 {env} 应为服务器的网址，如 https://host，不带路径。",
    en="The variable {env} is a server's address, as in https://host, without a path.",
)


def _state(environ: Mapping[str, str], engine_user: str) -> Path:
    given = environ.get("PINGYI_STATE", "").strip()
    if given:
        return Path(given).absolute()
    here = Path.cwd()
    if os.geteuid() == 0 and not _known_and_may_enter(here, engine_user):
        return SYSTEM_STATE / hashlib.sha256(os.fsencode(here)).hexdigest()[:16]
    return here / ".pingyi"


def _known_and_may_enter(folder: Path, user: str) -> bool:
    try:
        return may_enter(folder, user)
    except KeyError:
        raise Problem("bad_setting", 500, _NO_ACCOUNT.format(user=user)) from None


_NO_ACCOUNT = Text(
    zh="系统中没有 ENGINE_USER 指定的账号“{user}”。",
    en="There is no account “{user}”, which ENGINE_USER names.",
)


def _kept_secret(state: Path) -> str:
    try:
        return (state / "secret").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def default_of(each: Field[Any]) -> str:
    """A field's default as the documentation prints it."""
    return "" if each.default is MISSING else str(each.default)
