"""Before the opening nothing that is stored holds an answer or a trace; after it nothing is of one ballot."""

from __future__ import annotations

import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.ballot_period import OPEN, ROSTER, ballot_period, close
from tests.faults.ballots.election import (
    BEST,
    CARDS,
    NINE,
    TEN,
    UNITS,
    Election,
    key_papers,
    visit_codes,
    vote,
)
from tests.faults.ballots.guesser import Row, beyond_chance, guessed
from tests.faults.checking import public_bundle, wait_until_folded
from tests.faults.installation import installation
from tests.faults.stored import Needles, dump_of, everything, superuser
from tests.faults.test_restores import run
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import request_assessment
from pingyi.services.results.assess import assess_period
from pingyi_surveys.ballot.keys import BoxKeys, box_keys, nullifier
from pingyi_surveys.ballot.sealed_box import Unopenable, open_one, tied_to
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.casting.drafts import draft_bytes
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.card_hashes import card_hash

pytestmark = pytest.mark.timeout(400)

LOGGING = ("log_statement = 'all'", "log_min_duration_statement = 0", "log_error_verbosity = 'verbose'")
NOT_ONLY = {"sealed_ballot", "leaf", "ledger_pending"}
"""The tables that a ballot's transaction may touch."""


@pytest.fixture(scope="module")
def election() -> Iterator[Election]:
    """An installation that logs every statement, with ballots of all kinds and a lost connection."""
    with installation(more={"PINGYI_PROXY_HOPS": "1"}) as place:
        with superuser(place) as connection:
            for setting in LOGGING:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        with place.application() as app:
            made = ballot_period([f"市第{n}局" for n in range(1, UNITS + 1)], cards=CARDS)
            settings = app.extensions["pingyi.configuration"]
            (kept,) = settings.read(SurveySettings).box_folder.glob("*.box")
            boxes = cached_box(made.open_id), cached_box(made.roster_id)
            secret = bytes.fromhex(kept.read_text().strip())
            found = Election(place, made, *boxes, secret=secret, key=settings.secret_key)
            visits = visit_codes(found)
        vote(found, visits)
        with place.application():
            key_papers(found)
        remember_contents(found)
        yield found


def rows_of(election: Election, channel_id: int) -> list[tuple[bytes, bytes, int, bytes]]:
    """Nullifier, group, position and ciphertext of a channel's sealed ballots."""
    with election.place.connect() as connection:
        found = connection.execute(
            "SELECT nullifier, group_key, position, ciphertext FROM sealed_ballot WHERE channel_id = %s",
            (channel_id,),
        ).fetchall()
    return [(bytes(row[0]), bytes(row[1]), int(str(row[2])), bytes(row[3])) for row in found]


def remember_contents(election: Election) -> None:
    """Open every ballot in memory: its marks, answers, comment and proof of intake must be nowhere else."""
    needles, keys = election.needles, box_keys(election.secret)
    for box in (election.open_box, election.roster):
        for sealed, group, position, ciphertext in rows_of(election, box.channel_id):
            plain = open_one(group, position, ciphertext, tied_to(box.channel, sealed), keys.private)
            needles.secret("content", plain[-32:])
            for mark in (plain[8:24], plain[24:40]):
                if any(mark):
                    needles.secret("mark", mark)
    for answers in election.drafts.values():
        needles.add("draft", b"\x01\x00\x01" + bytes(48) + bytes(answers))
    for answers in election.papers.values():
        needles.add(
            "draft",
            *(f"account-{person}".encode().ljust(48, b"\0") + bytes(answers) for person in (901, 902)),
        )
    for answers in {*election.cast.values(), *election.papers.values()} - {*election.drafts.values()}:
        told = [str(answer) for answer in answers]
        needles.add("answers", bytes(answers), bytes(answers).hex().encode(), ", ".join(told).encode())
        needles.add("answers", ",".join(told).encode(), "".join(told).encode())
    for one, other in product(range(5), repeat=2):
        needles.add("form", f"q0={one}&q1={other}".encode())


def test_search_of_everything_finds_no_answer_card_cookie_nonce_or_address(election: Election) -> None:
    rows = [rows_of(election, channel) for channel in (election.made.open_id, election.made.roster_id)]
    assert [len(found) for found in rows] == [len(election.sent) + 6, len(election.cast)]
    groups = {group for found in rows for _, group, _, _ in found}
    parts = list(everything(election.place))
    seen = Counter(place for place, _ in parts)
    assert {"dump", "log", "write-ahead log", "valkey", "table sealed_ballot"} <= seen.keys()
    assert any(content.startswith((b"REDIS", b"VALKEY")) for place, content in parts if place == "valkey")
    logs = b"".join(content for place, content in parts if place == "log")
    assert logs.count(b"INSERT INTO sealed_ballot") >= len(groups)  # the busier the machine the fewer
    assert logs.count(b"INSERT INTO ballot_draft") > 100
    assert b'"rule":"/c/<card>"' in logs
    assert b"no ballot taken" in logs or b"terminating connection" in logs
    assert election.needles.among(parts) == set()


def test_search_finds_what_is_planted_in_a_table_a_log_and_the_write_ahead_log(election: Election) -> None:
    card, comment, needles = secrets.token_bytes(16), f"种下{secrets.token_hex(6)}", Needles()
    needles.card("card", card)
    needles.words("comment", comment)
    with election.place.connect() as connection:
        connection.execute("CREATE TABLE planted (card bytea, said text)")
        connection.execute("INSERT INTO planted VALUES (%s, %s)", (card, comment))
        found = needles.among(everything(election.place))
        connection.execute("DROP TABLE planted")
    everywhere = {"write-ahead log", "log", "dump", "table planted", "database files"}
    assert found >= {*product(everywhere, ["card", "comment"]), ("bytes of planted.card", "card")}


def test_lengths_are_one_and_whatever_is_stored_guesses_best_from_worst_by_chance_only(
    election: Election,
) -> None:
    ballots, drafts = stored_ballots(election), stored_drafts(election)
    for rows in (ballots, drafts):
        assert len({tuple(map(len, row.columns)) for row, _ in rows}) == 1
        assert len(rows) >= 64
        assert not beyond_chance(*guessed(*zip(*rows, strict=True)))
    with election.place.connect() as connection:
        lengths = {
            int(str(row[0])) for row in connection.execute("SELECT length(ciphertext) FROM ballot_draft")
        }
        assert lengths == {draft_bytes(election.roster.layout)}
    for box in (election.open_box, election.roster):
        lengths = {len(row[3]) for row in rows_of(election, box.channel_id)}
        assert lengths == {box.layout.length + 16}


def test_guesser_tells_ballots_where_a_length_an_order_or_a_byte_tells_them(election: Election) -> None:
    rows = stored_ballots(election)
    longer = [
        (Row((row.columns[0] + bytes(best), *row.columns[1:]), row.numbers), best) for row, best in rows
    ]
    ranked = sorted(rows, key=lambda row: row[1])
    ordered = [(Row(row.columns, (place,)), best) for place, (row, best) in enumerate(ranked)]
    mixed = [pair for two in zip(ordered[::2], reversed(ordered[1::2]), strict=True) for pair in two]
    plain = [(Row((row.columns[0][:-1] + bytes([4 * best]),), row.numbers), best) for row, best in rows]
    for leaking in (longer, mixed, plain):
        assert beyond_chance(*guessed(*zip(*leaking, strict=True)))


def stored_ballots(election: Election) -> list[tuple[Row, bool]]:
    """All that stands of the first unit's ballots, in the order of the rows: and which are all best."""
    with superuser(election.place) as connection:
        found = connection.execute(_BALLOTS, (election.unit(1),)).fetchall()
    return [
        (Row([bytes(one) for one in row[:4]], [int(one) for one in row[4:]]), answers[0] == BEST)
        for row in found
        if (answers := election.sent.get(bytes(row[0])))
    ]


_BALLOTS = """
SELECT b.nullifier, b.ciphertext, b.group_key, b.receipt, b.position, b.xmin::text::bigint, l.id,
  s.index, row_number() OVER (ORDER BY b.ctid), count(*) OVER (PARTITION BY b.group_key)
FROM sealed_ballot b JOIN leaf l ON l.hash = b.receipt JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE b.unit_id = %s ORDER BY b.ctid
"""


def stored_drafts(election: Election) -> list[tuple[Row, bool]]:
    best = {draft_place(election, card): answers[0] == BEST for card, answers in election.drafts.items()}
    with superuser(election.place) as connection:
        found = connection.execute(
            "SELECT place, ciphertext, xmin::text::bigint, row_number() OVER (ORDER BY ctid)"
            " FROM ballot_draft ORDER BY ctid"
        ).fetchall()
    rows = [([bytes(one) for one in row[:2]], [int(one) for one in row[2:]]) for row in found]
    return [(Row(*row), best[row[0][0]]) for row in rows if row[0][0] in best]


def draft_place(election: Election, card: bytes) -> bytes:
    return hmac.digest(
        election.roster.keys.draft, f"pingyi draft 1 screen {ROSTER} ".encode() + card, "sha256"
    )


def test_no_join_leads_from_a_card_to_a_ballot_or_a_draft(election: Election) -> None:
    """Not by transaction either; whoever has every row, every card and the box key is no further."""
    with superuser(election.place) as connection:
        tables = [str(row[0]) for row in connection.execute(_TABLES)]
        for rows, allowed in (("sealed_ballot", NOT_ONLY), ("ballot_draft", {"ballot_draft"})):
            touched = {
                table
                for table in tables
                if connection.execute(
                    f"SELECT FROM {table} WHERE xmin::text IN (SELECT xmin::text FROM {rows}) LIMIT 1"
                ).fetchone()
            }
            assert touched - {rows} <= allowed, (rows, touched)
        places = {bytes(row[0]) for row in connection.execute("SELECT place FROM ballot_draft")}
        known = [bytes(row[0]) for row in connection.execute(_KNOWN) if row[0]]
    nullifiers = {row[0] for row in rows_of(election, election.made.roster_id)}
    known += [election.secret, *box_keys(election.secret), election.key.encode(), b""]
    for card in election.cast:
        assert not derived(known, card) & (places | nullifiers)
    # The control: with the period secret every card is linked, which is why it is destroyed.
    keys = election.roster.keys
    assert {nullifier(keys.nullifier, ROSTER, "card", card) for card in election.cast} == nullifiers
    assert {draft_place(election, card) for card in election.drafts} <= places


def derived(known: Iterable[bytes], card: bytes) -> set[bytes]:
    """What can be made of a card with keys that are stored somewhere or belong to the box."""
    words = (b"", b"card", ROSTER.encode() + b"card", f"pingyi draft 1 screen {ROSTER} ".encode())
    forms = [word + card for word in words] + [card_hash(card)]
    made = {nullifier(key, ROSTER, "card", card) for key in known}
    made |= {hmac.digest(key, form, "sha256") for key in known for form in forms}
    return made | {sha256(form).digest() for form in forms} | {card_hash(card)}


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_KNOWN = """
SELECT public FROM ballot_keys UNION SELECT key_file FROM ballot_keys UNION SELECT digest FROM card_list
UNION SELECT digest FROM document UNION SELECT group_key FROM sealed_ballot
UNION SELECT root FROM tree_head
"""


@pytest.fixture(scope="module")
def dump(election: Election) -> bytes:
    """A backup that was made while the box was full."""
    return dump_of(election.place)


@pytest.fixture(scope="module")
def opened(election: Election, dump: bytes) -> Election:
    """The same election once its boxes were opened."""
    with election.place.application():
        close()

    def is_open() -> bool:
        with election.place.connect() as connection:
            row = connection.execute("SELECT count(*) = 2 FROM box_opening").fetchone()
        return bool(row and row[0])

    wait_for(is_open, "the opening of both boxes")
    return election


def test_opening_leaves_no_byte_of_one_ballot(opened: Election) -> None:
    place = opened.place
    assert list((place.state / "ballots").glob("*.keys")) == []
    with place.connect() as connection:
        # The scheduler sweeps drafts away whose key is gone.
        drafts = "SELECT count(*) FROM ballot_draft"
        wait_for(lambda: connection.execute(drafts).fetchone() == (0,), "the sweep of all drafts")
        opinions = connection.execute("SELECT comment FROM ballot_opinion ORDER BY position").fetchall()
    assert [row[0] for row in opinions] == sorted(opened.comments, key=str.encode)
    found = {(where, what) for where, what in opened.needles.among(everything(place)) if what != "comment"}
    assert found == set()


def test_nine_scored_answers_of_a_unit_are_a_number_and_ten_show_options(opened: Election) -> None:
    with opened.place.application(), transaction() as connection:
        rows = connection.execute(text(_ENTRIES), {"channel": opened.made.open_id}).all()
    nine = {(row.option, row.count) for row in rows if row.unit == f"u{NINE}"}
    ten = Counter(dict.fromkeys(("withheld",), 0))
    for row in rows:
        if row.unit == f"u{TEN}":
            ten[row.option] += row.count
    assert nine == {("withheld", 9)}
    assert ten["withheld"] == 0
    assert sum(ten.values()) == 10 * 5
    assert len(+ten) > 1


_ENTRIES = """
SELECT e.values ->> 'unit' AS unit, e.values ->> 'option' AS option, (e.values ->> 'count')::int AS count
FROM entry e JOIN delivery d ON d.id = e.delivery_id WHERE d.channel_id = :channel
"""


def test_destroyed_box_leaves_noise_in_backups(opened: Election, dump: bytes, tmp_path: Path) -> None:
    place, sealed = opened.place, dumped(dump)
    assert len(sealed) == len(opened.sent) + 6 + len(opened.cast)
    keys = box_keys(opened.secret)
    assert all(opens(row, keys) for row in sealed)
    wait_until_folded(place)
    with place.application():
        with transaction() as connection:
            request_assessment(connection, SHELL, "p")
        assess_period(1)
    public_bundle(place, "p", tmp_path / "bundle")
    status, said = run(place, "box", "destroy", "p", "--yes")
    assert status == 0, said
    with place.connect() as connection:
        assert connection.execute("SELECT count(*) FROM sealed_ballot").fetchone() == (0,)
    assert list((place.state / "box").glob("*.box")) == []
    secrets_left = list(keys_on_disk(place.folder))
    assert len(secrets_left) > 3
    assert opened.secret not in secrets_left
    assert not any(opens(row, one) for row in sealed[::9] for kept in secrets_left for one in both(kept))
    needles = Needles()
    needles.secret("box secret", opened.secret)
    needles.secret("box key", keys.private)
    assert needles.among(everything(place)) == set()


def dumped(dump: bytes) -> list[tuple[str, bytes, bytes, int, bytes]]:
    """The sealed ballots of a dump: channel, nullifier, group, position, ciphertext."""
    _, _, rest = dump.partition(b"COPY public.sealed_ballot ")
    head, _, lines = rest.partition(b" FROM stdin;\n")
    names = head.decode().replace('"', "").strip("()").split(", ")
    found = []
    for line in lines.partition(b"\n\\.\n")[0].decode().split("\n"):
        row = dict(zip(names, line.split("\t"), strict=True))
        sealed, group, ciphertext = (
            bytes.fromhex(row[name].removeprefix("\\\\x"))
            for name in ("nullifier", "group_key", "ciphertext")
        )
        channel = OPEN if row["unit_id"] != "0" else ROSTER
        found.append((channel, sealed, group, int(row["position"]), ciphertext))
    return found


def opens(row: tuple[str, bytes, bytes, int, bytes], keys: BoxKeys) -> bool:
    channel, sealed, group, position, ciphertext = row
    try:
        return bool(open_one(group, position, ciphertext, tied_to(channel, sealed), keys.private))
    except Unopenable:
        return False


def both(secret: bytes) -> Iterator[BoxKeys]:
    """Bytes taken for a box secret, and for the private key itself."""
    keys = box_keys(secret)
    yield from (keys, keys._replace(private=secret))


def keys_on_disk(folder: Path) -> Iterator[bytes]:
    """Whatever could be a key of 32 bytes in small files: as they are, in hex, and by their digest."""
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size <= 4096 and "postgres" not in path.parts:
            content = path.read_bytes()
            yield sha256(content).digest()
            yield from (
                content[at : at + 32] for at in range(0, max(1, len(content) - 31), 32) if len(content) >= 32
            )
            yield from (
                bytes.fromhex(one.decode()) for one in re.findall(rb"(?<!\w)[0-9a-f]{64}(?!\w)", content)
            )
