"""A small election over HTTP: ballots of all kinds from phones whose every trace is remembered here."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.ballot_period import OPEN, Ballots
from tests.faults.ballots.voters import Line, Voter, form_of, nonce_on
from tests.faults.installation import Installation
from tests.faults.stored import Needles, superuser
from tests.waiting import wait_for

from pingyi.db import db, transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel, channel_by_id
from pingyi.services.core.callers import SHELL, Caller
from pingyi_surveys.ballot.card_codes import new_visit_code, write_card
from pingyi_surveys.ballot.keys import nullifier
from pingyi_surveys.ballot.page_nonce import Bound, read_nonce
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.paper_ballot import find_sticker, key_ballot
from pingyi_surveys.roles import REVIEWER
from pingyi_surveys.setup.card_hashes import card_hash, commit_cards
from pingyi_surveys.setup.window_codes import Code, code_of

UNITS, EACH = 12, 128
NINE, TEN = 2, 3
BEST, WORST = 0, 4
USED, DRAFTED, DIRECT, CARDS = 30, 64, 10, 80


@dataclass
class Election:
    """What was cast in a running installation, and every secret of those who did."""

    place: Installation
    made: Ballots
    open_box: CachedBox
    roster: CachedBox
    secret: bytes
    key: str
    needles: Needles = field(default_factory=Needles)
    sent: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    drafts: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    cast: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    papers: dict[bytes, tuple[int, ...]] = field(default_factory=dict)

    def unit(self, place: int) -> int:
        """The id of the unit that stands there on a ballot, from 1."""
        return list(self.open_box.units)[place - 1]


def visit_codes(election: Election) -> list[bytes]:
    codes = [new_visit_code() for _ in range(10)]
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period="p", channel=OPEN))
        hashes = [card_hash(code) for code in codes]
        unit = {"unit_id": election.unit(4), "unit_code": "u4"}
        commit_cards(connection, SHELL, working, hashes, purpose="visit", **unit)
    return codes


def vote(election: Election, visits: Sequence[bytes]) -> None:
    """All ballots in an order of chance over a few connections, while the database drops them once."""
    draw = random.Random(1)
    ways = [(1, (BEST,) * 5)] * (EACH // 2) + [(1, (WORST,) * 5)] * (EACH // 2)
    ways += [(NINE, tuple(draw.randrange(5) for _ in range(5))) for _ in range(9)]
    ways += [(TEN, tuple(draw.randrange(5) for _ in range(5))) for _ in range(10)]
    tasks = [lambda way=way: rate(election, *way) for way in ways]
    tasks += [lambda code=code: rate_visit(election, code) for code in visits[:6]]
    levels = [(level,) * UNITS for level in (0, 2)] * (DRAFTED // 2)
    draw.shuffle(levels)
    cards = draw.sample(list(election.made.cards), DRAFTED + DIRECT)
    election.drafts = dict(zip(cards, levels, strict=False))
    drafting = [lambda c=c, a=a: save(election, c, a) for c, a in election.drafts.items()]
    mixed = [tuple(draw.randrange(4) for _ in range(UNITS)) for _ in range(DIRECT)]
    election.cast = dict(zip(cards[-DIRECT:], mixed, strict=True))
    election.cast |= {card: election.drafts[card] for card in cards[:USED]}
    casting = [lambda c=c, a=a: submit(election, c, a) for c, a in election.cast.items()]
    for some in (tasks, drafting, casting):
        draw.shuffle(some)
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(task) for task in (*tasks[::2], *drafting)]
        with superuser(election.place) as connection:
            some = "SELECT EXISTS (SELECT FROM sealed_ballot)"
            wait_for(lambda: connection.execute(some).fetchone() == (True,), "the first ballot")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'pingyi_app'"
            )
        for one in done:
            one.result()
        for one in [pool.submit(task) for task in (*tasks[1::2], *casting)]:
            one.result()


def somebody(election: Election) -> Voter:
    """A phone that is told from all others by everything it sends."""
    device, agent = secrets.token_bytes(16), f"Phone/{secrets.token_hex(8)}"
    four = f"198.{secrets.randbelow(200)}.1{secrets.randbelow(90)}.2{secrets.randbelow(50)}"
    six = f"2001:db8:{secrets.randbelow(60000) + 4096:x}:7::1{secrets.randbelow(999)}"
    address = secrets.choice([four, six])
    election.needles.secret("cookie", device)
    election.needles.add("address", address.encode())
    if address == six:
        packed = bytes.fromhex("20010db8" + six.split(":")[2].zfill(4) + "0007")
        election.needles.add("address", packed, packed.hex().encode())
    election.needles.add("browser", agent.encode())
    return Voter(address=address, device=device, agent=agent)


def rate(election: Election, unit: int, answers: tuple[int, ...]) -> None:
    """An open ballot, after a form with an error in it, now and then with a comment."""
    box, place = election.open_box, election.place
    code = code_of(election.key, Code(box.channel_id, election.unit(unit), 0))
    voter, line, path = somebody(election), Line(place.port), f"/s/{code}"
    comment = f"窗口{secrets.token_hex(6)}态度很差请核实" if secrets.randbelow(3) == 0 else ""
    written = nonce_on(line.get(path, voter.headers()))
    bound = Bound(box.channel_id, election.unit(unit), 0)
    nonce = read_nonce(box.keys.nullifier, bound, written)
    assert nonce
    election.needles.secret("nonce", nonce.token[:16])
    election.needles.add("nonce", written[:20].encode(), written[-20:].encode())
    if comment:
        election.needles.words("comment", comment)
        election.comments.append(comment)
        assert line.post(path, form_of(answers[:2], written, comment), voter.headers()).status == 422
    election.sent[nullifier(box.keys.nullifier, OPEN, "page", nonce.token)] = answers
    answer = line.post(path, form_of(answers, written, comment), voter.headers())
    assert answer.status in {200, 303}, answer
    line.close()


def rate_visit(election: Election, code: bytes) -> None:
    voter, line, path = somebody(election), Line(election.place.port), f"/v/{code.decode()}"
    election.needles.add("visit code", code, code.lower(), code.hex().encode())
    written = nonce_on(line.get(path, voter.headers()))
    assert line.post(path, form_of((1,) * 5, written), voter.headers()).status == 200
    line.close()


def save(election: Election, card: bytes, answers: tuple[int, ...]) -> None:
    """A draft, saved three times, the last time with all answers."""
    voter, line, path = somebody(election), Line(election.place.port), f"/c/{write_card(card)}"
    election.needles.card("card", card)
    for known in (3, 7, UNITS):
        fields = form_of(answers[:known], "") | {"page": "1", "go": "save"}
        assert line.post(path, fields, voter.headers()).status == 303
    assert line.get(f"{path}?saved=1", voter.headers()).status == 200
    line.close()


def submit(election: Election, card: bytes, answers: tuple[int, ...]) -> None:
    voter, line, path = somebody(election), Line(election.place.port), f"/c/{write_card(card).lower()}"
    election.needles.card("card", card)
    fields = form_of(answers, "") | {"page": "1", "go": "submit"}
    answer = line.post(path, fields, voter.headers())
    line.close()
    assert answer.status in {200, 303}, answer


def key_papers(election: Election) -> None:
    """A form keyed by two people and cast, and one that waits for its second person."""
    people = [
        Caller(name=f"account-{number}", roles=frozenset({REVIEWER}), account_id=number)
        for number in (901, 902)
    ]
    cards = [card for card in election.made.cards if card not in {*election.drafts, *election.cast}][:2]
    forms = [tuple(secrets.randbelow(4) for _ in range(UNITS)) for _ in cards]
    standing = []
    for card, answers, keyers in zip(cards, forms, (people, people[:1]), strict=True):
        election.needles.card("card", card)
        election.papers[card] = answers
        for person in keyers:
            working = channel_by_id(db.session.connection(), election.made.roster_id)
            found = find_sticker(person, working, write_card(card))
            standing.append(key_ballot(person, found, answers).standing)
    assert standing == ["first", "cast", "first"]
    election.cast[cards[0]] = forms[0]
