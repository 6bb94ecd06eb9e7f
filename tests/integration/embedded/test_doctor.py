"""The doctor refuses what would lose or leak the record, and passes what is safe."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pingyi.domain.errors import Problem
from pingyi.embedded.doctor import findings, require_safe
from pingyi.embedded.engines import running_engines
from pingyi.settings import Settings, load_settings


def failed(settings: Settings) -> set[str]:
    return {found.code for found in findings(settings) if not found.ok}


def test_embedded_engines_are_safe(safe: Settings) -> None:
    require_safe(safe)
    assert failed(safe) == set()
    assert all(found.message.zh and found.message.en for found in findings(safe))


@pytest.mark.parametrize("secret", ["", "short", "change-me-" * 5, "a" * 64, "0123456789abcdef" * 3])
def test_a_default_or_short_secret_is_refused(safe: Settings, secret: str) -> None:
    with pytest.raises(Problem, match="PINGYI_SECRET_KEY"):
        require_safe(replace(safe, secret_key=secret))


def test_a_superuser_as_application_role_is_refused(safe: Settings) -> None:
    password = json.loads((safe.state / "passwords.json").read_text())["postgres"]
    host = safe.database_url.partition("@")[2]
    superuser = f"postgresql+psycopg://postgres:{password}@{host}"
    assert failed(replace(safe, database_url=superuser)) == {"not_superuser"}


def test_the_owner_as_application_role_is_refused(safe: Settings) -> None:
    assert failed(replace(safe, database_url=safe.owner_database_url)) == {"not_owner"}
    assert failed(replace(safe, sealer_database_url=safe.owner_database_url)) == {"not_owner"}


def test_a_record_that_nobody_can_seal_is_refused(safe: Settings, tmp_path: Path) -> None:
    assert failed(replace(safe, sealer_database_url="")) == {"sealing"}
    assert failed(replace(safe, sealer_key=str(tmp_path / "none"))) == {"sealing"}


def test_a_server_that_does_not_force_to_disk_is_refused(state: Path) -> None:
    with running_engines(state, durable=False) as found:
        settings = replace(
            load_settings(
                {"PINGYI_STATE": str(state), "PINGYI_SECRET_KEY": "q8Zr2mVx7Lw4Tn9Ks1Hd6Jf3Gb5Pc0Ya"}
            ),
            database_url=found.database_url,
            sealer_database_url=found.sealer_database_url,
            redis_url=found.redis_url,
        )
        assert failed(settings) == {"durability"}
        wrong = [found.message.en.split()[0] for found in findings(settings) if not found.ok]
        assert wrong == ["fsync", "full_page_writes", "synchronous_commit"]


def test_engines_that_do_not_answer_are_named(safe: Settings) -> None:
    nowhere = replace(
        safe,
        database_url="postgresql+psycopg://pingyi_app:x@/pingyi?host=/nowhere",
        redis_url="unix:///nowhere/valkey.sock",
    )
    assert failed(nowhere) == {"database_reachable", "queue_reachable"}


def test_a_secret_that_others_can_read_is_refused(safe: Settings) -> None:
    secret = safe.state / "secret"
    secret.chmod(0o644)
    try:
        assert failed(safe) == {"state_folder"}
    finally:
        secret.chmod(0o600)
