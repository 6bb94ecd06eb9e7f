"""Settings come from the environment alone, and a wrong one is named."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pingyi.domain.errors import Problem
from pingyi.settings import (
    SYSTEM_STATE,
    Settings,
    default_of,
    folder_setting,
    load_settings,
    may_enter,
    number_setting,
    variables_of,
)


def test_every_setting_has_its_own_variable_and_a_line_about_it() -> None:
    metadata = [each.metadata for each in variables_of(Settings)]
    variables = [each["env"] for each in metadata]
    assert len(set(variables)) == len(variables)
    assert all(re.fullmatch(r"[A-Z_]+", variable) for variable in variables)
    assert all(each["about"] and "\n" not in each["about"] for each in metadata)


GIVEN = {"state": "/somewhere", "public_address": "https://host.example"}


def test_every_variable_sets_its_field() -> None:
    for each in variables_of(Settings):
        given = each.metadata.get("choices", (GIVEN.get(each.name, "12345"),))[0]
        found = getattr(load_settings({"PINGYI_STATE": "/elsewhere", each.metadata["env"]: given}), each.name)
        assert str(found) == given


def test_defaults_apply_where_nothing_is_given(tmp_path: Path) -> None:
    settings = load_settings({"PINGYI_STATE": str(tmp_path), "PINGYI_PORT": " "})
    for each in variables_of(Settings):
        if each.name != "state":
            assert str(getattr(settings, each.name)) == default_of(each)


@pytest.mark.parametrize("given", ["x", "-1", "0", "1.5", "٣", "1e3"])
def test_a_number_that_is_none_is_refused_with_its_variable(given: str) -> None:
    with pytest.raises(Problem, match="PINGYI_POOL_SIZE must be a whole number of at least 1"):
        load_settings({"PINGYI_POOL_SIZE": given})


def test_port_zero_asks_for_a_free_one() -> None:
    assert load_settings({"PINGYI_PORT": "0"}).port == 0


@pytest.mark.parametrize(
    "given", ["host", "ftp://host", "https://", "https://host/pages", "https://a@host", "https://host:x"]
)
def test_an_address_that_is_no_servers_is_refused_with_its_variable(given: str) -> None:
    with pytest.raises(Problem, match="PINGYI_PUBLIC_ADDRESS is a server's address"):
        load_settings({"PINGYI_PUBLIC_ADDRESS": given})


def test_a_public_address_never_ends_in_a_slash() -> None:
    assert (
        load_settings({"PINGYI_PUBLIC_ADDRESS": "https://host:8443/"}).public_address == "https://host:8443"
    )


def test_a_choice_that_there_is_not_is_refused() -> None:
    with pytest.raises(Problem, match="PINGYI_PRIVATE_ADDRESSES is one of: allowed"):
        load_settings({"PINGYI_PRIVATE_ADDRESSES": "yes"})


def test_the_state_lies_in_the_working_folder_where_the_engines_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = Path("/")
    monkeypatch.chdir(open_to_all)
    assert load_settings({}).state == open_to_all / ".pingyi"
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    found = load_settings({}).state
    if os.geteuid() == 0:
        assert found.parent == SYSTEM_STATE
        assert found == load_settings({}).state
    else:
        assert found == tmp_path / ".pingyi"


def test_entering_is_judged_by_every_parent(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o755)
    tmp_path.chmod(0o700)
    assert not may_enter(inner, "nobody") or os.geteuid() == 65534
    assert may_enter(inner, "root")
    assert may_enter(Path("/"), "nobody")


def test_an_unknown_engine_account_is_named() -> None:
    if os.geteuid() == 0:
        with pytest.raises(Problem, match="ENGINE_USER"):
            load_settings({"ENGINE_USER": "no-such-account"})
    else:
        assert load_settings({"ENGINE_USER": "no-such-account"}).engine_user == "no-such-account"


def test_a_kept_secret_is_read_and_a_given_one_wins(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept\n")
    assert load_settings({"PINGYI_STATE": str(tmp_path)}).secret_key == "kept"
    assert load_settings({"PINGYI_STATE": str(tmp_path), "PINGYI_SECRET_KEY": "given"}).secret_key == "given"


def test_no_password_shows_in_a_printed_settings() -> None:
    chosen = dict.fromkeys(("DATABASE_URL", "OWNER_DATABASE_URL"), "postgresql://u:hidden@h/d")
    printed = repr(load_settings({**chosen, "PINGYI_SECRET_KEY": "hidden", "REDIS_URL": "redis://:hidden@h"}))
    assert "hidden" not in printed


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Settings as an extension has them."""

    shelf: Path = folder_setting("PINGYI_SHELF", "where it lies", "shelf")  # noqa: RUF009 - it makes a field
    most: int = number_setting("PINGYI_MOST", "how many", 3)


def test_settings_of_an_extension_are_read_from_the_same_environment(tmp_path: Path) -> None:
    state = {"PINGYI_STATE": str(tmp_path)}
    assert load_settings(state).read(Beside) == Beside(shelf=tmp_path / "shelf", most=3)
    given = load_settings({**state, "PINGYI_SHELF": "/elsewhere", "PINGYI_MOST": " 7 "})
    assert given.read(Beside) == Beside(shelf=Path("/elsewhere"), most=7)
    with pytest.raises(Problem, match="PINGYI_MOST must be a whole number of at least 1"):
        load_settings({**state, "PINGYI_MOST": "few"}).read(Beside)


def test_rest_of_the_environment_holds_no_password_of_ours() -> None:
    given = load_settings(
        {"PINGYI_STATE": "/x", "SEALER_DATABASE_URL": "postgresql://s:secret@h/d", "A": "b"}
    )
    assert dict(given.environ) == {"A": "b"}
