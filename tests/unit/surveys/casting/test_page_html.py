"""The pages of a ballot: what they ask, what comes back, and that nothing chosen or typed is lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.surveys.ballot_pages import (
    NONCE,
    ROSTER,
    open_frame,
    open_sheet,
    read,
    ready,
    roster_frame,
    roster_sheets,
)
from werkzeug.datastructures import MultiDict

import pingyi_surveys
from pingyi.channels import Text
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.ballot_pages import (
    MESSAGES,
    BallotPage,
    Filled,
    QuestionGroup,
    asked_language,
    asked_step,
    pages,
    read_form,
)
from pingyi_surveys.casting.page_html import (
    ReceiptPage,
    Standing,
    render_form,
    render_receipt,
    short_code,
    stylesheet,
    stylesheet_version,
)
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaires

LIMIT = 25_000
DIGEST = hashlib.sha256(b"sealed").hexdigest()
LOOK_UP = f"https://pingyi.example/s/receipts/{DIGEST}"
FULL = {f"q{number}": str(number) for number in range(5)}


def codes(filled: Filled) -> list[tuple[str, str]]:
    return [(error.code, error.pointer) for error in filled.errors]


def receipt(standing: Standing = "received", **more: str) -> str:
    return render_receipt(
        ReceiptPage(digest=DIGEST, look_up=LOOK_UP, standing=standing, **more), open_frame(), "zh"
    )


def test_complete_form_gives_the_options_chosen() -> None:
    filled = read_form(MultiDict({**FULL, "comment": "窗口\r\n排队\x00太久\r"}), open_sheet())
    assert filled == Filled(answers=(0, 1, 2, 3, 4), comment="窗口\n排队太久\n")


def test_every_question_left_open_has_its_error() -> None:
    filled = read_form(MultiDict({"q1": "5"}), open_sheet())
    assert filled.answers == (NO_ANSWER, 5, NO_ANSWER, NO_ANSWER, NO_ANSWER)
    assert codes(filled) == [("not_answered", f"/q{number}") for number in (0, 2, 3, 4)]


def test_draft_may_leave_questions_open_but_not_make_up_options() -> None:
    form = MultiDict([("q0", "6"), ("q1", "-1"), ("q2", "1"), ("q2", "2"), ("q3", "０")])
    filled = read_form(form, open_sheet(), draft=True)
    assert filled.answers == (NO_ANSWER,) * 5
    assert codes(filled) == [
        ("unknown_answer", "/q0"),
        ("unknown_answer", "/q1"),
        ("several_answers", "/q2"),
        ("unknown_answer", "/q3"),
    ]


def test_roster_takes_an_open_question_as_an_abstention() -> None:
    sheet = roster_sheets()[3]
    filled = read_form(MultiDict({"q83": "2", "comment": "不收"}), sheet)
    assert filled == Filled(answers=(NO_ANSWER,) * 11 + (2,))


def test_comment_too_long_is_refused_and_kept() -> None:
    filled = read_form(MultiDict({**FULL, "comment": "长" * 201}), open_sheet())
    assert codes(filled) == [("comment_too_long", "/comment")]
    assert "201" in filled.errors[0].message.zh
    assert filled.comment == "长" * 201
    assert read_form(MultiDict({**FULL, "comment": "长" * 200}), open_sheet()).errors == ()


def test_blank_comment_is_none() -> None:
    assert read_form(MultiDict({**FULL, "comment": " \r\n\t"}), open_sheet()).comment == ""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["q0", "q1", "q9", "comment", "nonce"]), st.text(max_size=220))),
    st.booleans(),
)
def test_whatever_is_sent_is_an_answer_or_an_error_and_can_be_shown(
    sent: list[tuple[str, str]], draft: bool
) -> None:
    sheet = open_sheet()
    filled = read_form(MultiDict(sent), sheet, draft=draft)
    assert len(filled.answers) == 5
    assert all(answer == NO_ANSWER or 0 <= answer < 6 for answer in filled.answers)
    assert draft or bool(filled.errors) == (NO_ANSWER in filled.answers or len(filled.comment) > 200)
    page = read(render_form(sheet, open_frame(), "zh", filled))
    assert page.typed == "\n" + filled.comment
    filled.comment.encode("utf-8")


def test_buttons_ask_for_a_step_or_a_language() -> None:
    assert asked_step(MultiDict()) == asked_step(MultiDict({"go": "delete"})) == "submit"
    assert asked_step(MultiDict({"go": "save"})) == "save"
    assert asked_language(MultiDict({"lang": "en"})) == "en"
    assert asked_language(MultiDict({"lang": "fr"})) == asked_language(MultiDict()) == ""


def test_form_asks_every_dimension_with_every_option() -> None:
    page = read(render_form(open_sheet(), open_frame(), "zh"))
    names = [(one["name"], one["value"]) for one in page.all("input", type="radio")]
    assert names == [(f"q{number}", str(option)) for number in range(5) for option in range(6)]
    assert not any("checked" in one for one in page.all("input"))
    assert {one["name"]: one["value"] for one in page.all("input", type="hidden")} == NONCE
    assert page.all("form") == [
        {"method": "post", "action": "/s/form", "novalidate": "", "autocomplete": "off"}
    ]


def test_form_shown_again_keeps_what_was_chosen_and_typed() -> None:
    filled = read_form(MultiDict({"q0": "0", "q3": "5", "comment": '\n<b>"慢" & 远</b>' * 20}), open_sheet())
    page = read(render_form(open_sheet(), open_frame(), "zh", filled))
    chosen = [(one["name"], one["value"]) for one in page.all("input", type="radio") if "checked" in one]
    assert chosen == [("q0", "0"), ("q3", "5")]
    assert page.typed == "\n" + filled.comment
    assert page.all("b") != []
    assert "open" in page.all("details")[0]


def test_each_error_stands_beside_its_field_and_in_the_summary() -> None:
    filled = read_form(MultiDict({**FULL, "q2": "9", "comment": "长" * 201}), open_sheet())
    page = read(render_form(open_sheet(), open_frame(), "zh", filled))
    wrong = page.all("fieldset", **{"aria-invalid": "true"})
    assert [one["aria-describedby"] for one in wrong] == ["h2 e2"]
    assert page.all("strong") == [{"id": "e2"}, {"id": "ec"}]
    assert page.all("textarea", **{"aria-describedby": "ec", "aria-invalid": "true"})
    assert [one["href"] for one in page.all("a")][:2] == ["#q2", "#comment"]
    ids = [given["id"] for _, given in page.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {"q2", "comment"} <= set(ids)
    assert "有错误" in "".join(page.words)


@pytest.mark.mission("002-18")
def test_wording_follows_the_category_of_the_unit() -> None:
    group = QuestionGroup(
        category="services", title=Text(zh="公共服务行业", en="Public services"), units=("市自来水公司",)
    )
    html = render_form(
        BallotPage(questionnaire=ready("conduct-four-levels"), groups=(group,)), open_frame(), "zh"
    )
    assert "行风建设" in html
    assert "政风建设" not in html


def test_english_page_is_english_and_names_units_as_they_are() -> None:
    html = render_form(open_sheet(), open_frame(), "en")
    assert '<html lang="en">' in html
    assert '<h1 lang="zh-Hans">市公安局</h1>' in html
    assert "Lawful administration" in html
    assert "依法行政" not in html
    assert [one["value"] for one in read(html).all("button", name="lang")] == ["zh"]


def test_text_from_outside_is_never_markup() -> None:
    sheet = open_sheet(unit="<script>x</script>")
    html = render_form(sheet, open_frame(window='"><img src=x>'), "en")
    assert not read(html).all("script")
    assert not read(html).all("img")


@pytest.mark.parametrize("key", ready_questionnaires())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_has_no_script_and_no_style_of_its_own(key: str, language: str) -> None:
    shown = [
        render_form(open_sheet(key), open_frame(), language),
        render_form(pages(ready(key), ROSTER, 4)[0], roster_frame(1), language),
        render_receipt(ReceiptPage(digest=DIGEST, look_up=LOOK_UP), open_frame(), language),
    ]
    for page in map(read, shown):
        assert not page.all("script") + page.all("style") + page.all("iframe")
        attributes = {name for _, given in page.elements for name in given}
        assert not {one for one in attributes if one == "style" or one.startswith("on")}
        assert [one["href"] for one in page.all("link")] == ["data:,", "/ballot.css"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_small_with_its_stylesheet(language: str) -> None:
    wrong = read_form(MultiDict({"comment": "长" * 400}), open_sheet())
    shown = [
        render_form(open_sheet(), open_frame(), language, wrong),
        *(
            render_form(sheet, roster_frame(page), language)
            for page, sheet in enumerate(roster_sheets(), start=1)
        ),
        render_receipt(
            ReceiptPage(digest=DIGEST, look_up=LOOK_UP, promise="x" * 300), open_frame(), language
        ),
    ]
    assert max(len(page.encode()) for page in shown) + len(stylesheet()) < LIMIT


def test_stylesheet_has_a_version_of_its_content() -> None:
    assert stylesheet_version() == hashlib.sha256(stylesheet()).hexdigest()[:12]
    assert b"url(" not in stylesheet()
    assert b"@import" not in stylesheet()


def test_roster_pages_hold_all_units_once_in_order() -> None:
    sheets = roster_sheets()
    assert [len(sheet.units()) for sheet in sheets] == [24, 24, 24, 12]
    assert [unit.number for sheet in sheets for unit in sheet.units()] == list(range(1, 85))
    assert [unit.name for sheet in sheets for unit in sheet.units()] == [
        name for group in ROSTER for name in group.units
    ]
    assert [sheet.first for sheet in sheets] == [0, 24, 48, 72]
    assert [sheet.comment for sheet in sheets] == [False, False, False, True]
    assert [group.category for group in sheets[1].groups] == ["departments", "services"]


def test_pages_of_several_dimensions_number_their_questions_through() -> None:
    sheets = roster_sheets("conduct-five-levels")
    numbers = [question.number for sheet in sheets for question in sheet.questions()]
    assert numbers == list(range(84 * 5))
    assert sheets[1].first == 24 * 5
    html = render_form(sheets[1], roster_frame(2), "zh")
    assert "行风建设" in html
    assert "政风建设" in html


def test_pages_are_refused_without_room_for_a_unit() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pages(ready("roster-three-levels"), ROSTER, 0)


def test_roster_page_groups_units_and_offers_to_save() -> None:
    html = render_form(roster_sheets()[1], roster_frame(2, answered=20), "zh")
    page = read(html)
    assert (
        html.index("政府部门")
        < html.index("市第25局")
        < html.index("公共服务行业")
        < html.index("市第33公司")
    )
    steps = [one["value"] for one in page.all("button", name="go")]
    assert steps == ["next", "next", "previous", "save"]
    assert "第 2 页，共 4 页 · 已选 20 / 84 项" in html
    assert not page.all("textarea")


def test_last_roster_page_submits() -> None:
    page = read(render_form(roster_sheets()[3], roster_frame(4), "zh"))
    assert [one["value"] for one in page.all("button", name="go")] == ["submit", "submit", "previous", "save"]


def test_error_on_a_roster_page_names_the_unit() -> None:
    sheet = roster_sheets("conduct-five-levels")[0]
    html = render_form(sheet, roster_frame(1), "zh", read_form(MultiDict({"q0": "0"}), sheet))
    assert '<a href="#q1">市第1局：政风建设</a>' in html
    single = roster_sheets()[1]
    html = render_form(single, roster_frame(2), "en", read_form(MultiDict({"q24": "x"}), single))
    assert '<a href="#q24">市第25局</a>' in html


def test_rehearsal_says_so() -> None:
    label = Text(zh="演练，不计入结果", en="Rehearsal: not counted")
    assert "演练，不计入结果" in render_form(roster_sheets()[0], roster_frame(1, label=label), "zh")


def test_several_units_need_a_title() -> None:
    with pytest.raises(ValueError, match="title"):
        render_form(roster_sheets()[0], open_frame(), "zh")


def test_receipt_shows_code_picture_and_whole_digest() -> None:
    html = receipt(promise="pingyi.example/1\nsigned")
    page = read(html)
    assert short_code(DIGEST) in html
    assert DIGEST in html
    assert "pingyi.example/1\nsigned" in html
    assert page.all("svg", **{"class": "qr"})
    assert [one["href"] for one in page.all("a")] == [LOOK_UP]
    assert "已收到您的评议" in html


def test_receipt_of_a_used_page_says_what_counts_and_offers_a_fresh_one() -> None:
    html = receipt("already", fresh="/s/fresh")
    assert "以第一次提交的为准" in html
    assert "已收到您的评议" not in html
    assert [one["href"] for one in read(html).all("a")] == [LOOK_UP, "/s/fresh"]


def test_repetition_from_one_device_is_told_honestly() -> None:
    assert "待核查" in receipt("duplicate")


def test_short_code_is_fifty_bits_without_letters_that_look_alike() -> None:
    assert short_code("00" * 32) == "0000-0000-00"
    assert short_code("ff" * 32) == "ZZZZ-ZZZZ-ZZ"
    assert short_code("ff" * 6 + "c0" + "00" * 25) == "ZZZZ-ZZZZ-ZZ"
    assert short_code("08" + "00" * 31) == "1000-0000-00"
    shown = {letter for n in range(256) for letter in short_code(hashlib.sha256(bytes([n])).hexdigest())}
    assert not shown & set("ILOU")


def test_every_message_exists_in_both_languages() -> None:
    assert all(message.zh and message.en for message in MESSAGES.values())


def test_templates_and_stylesheet_are_part_of_the_package() -> None:
    folder = Path(pingyi_surveys.__file__).parent
    assert {path.name for path in (folder / "templates").iterdir()} >= {
        "form.html",
        "layout.html",
        "receipt.html",
        "refusal.html",
    }
