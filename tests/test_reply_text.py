"""The answer above the quotation, without signature, banner and what programs add."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.html_text import html_text
from messages.reply_text import MOST_CHARACTERS, reply_text, unflowed

SET = Path(__file__).parent / "data" / "email-replies"
ROWS = [line.split("\t") for line in (SET / "EXPECTED.tsv").read_text("utf-8").splitlines()]
QUESTION = "ØVELSE.\n\nStrømsvigt på rådhuset\n\nSvar på denne mail:\n  1 = kommer\n  2 = kommer ikke\n#K7\n"
QUOTED = "".join(f"> {line}\n" for line in QUESTION.splitlines())
OUTLOOK = (
    "Fra: Krisestab <k@e.invalid>\nSendt: 23. november 2026 09:31\nTil: Vagt <v@e.invalid>\nEmne: X #K7\n\n"
)
WROTE = "Den 23. nov. 2026 kl. 09.31 skrev Krisestab <k@e.invalid>:"

ANSWERS = {
    "alone": ("1", "1"),
    "gmail, Danish": (
        f"1\n\nDen man. 23. nov. 2026 kl. 09.31 skrev Krisestab <krisestab@e.invalid>:\n\n{QUOTED}",
        "1",
    ),
    "iPhone, Danish": (
        f"Kommer\n\nSendt fra min iPhone\n\n> {WROTE}\n> \n{QUOTED}",
        "Kommer",
    ),
    "Apple Mail without marks": (f"Ja\n\n{WROTE}\n\n{QUESTION}", "Ja"),
    "Outlook, Danish": (
        f"2, er bortrejst\n\nVenlig hilsen\nVagten\n\n{OUTLOOK}{QUESTION}",
        "2, er bortrejst\n\nVenlig hilsen\nVagten",
    ),
    "Outlook with a line": (f"1\n________________________________\n{OUTLOOK}{QUESTION}", "1"),
    "Outlook on a phone": (
        f"1\n\nHent Outlook til iOS<https://aka.ms/o0ukef>\n________________________________\n{OUTLOOK}{QUESTION}",
        "1",
    ),
    "Outlook, old": (f"JA\n\n-----Oprindelig meddelelse-----\n{OUTLOOK}{QUESTION}", "JA"),
    "Outlook, English": (
        f"1\n\nFrom: Krisestab\nSent: Monday, November 23, 2026 9:31 AM\nTo: Vagt\nSubject: X\n\n{QUESTION}",
        "1",
    ),
    "Outlook, German": (
        f"1\n\nVon: Krisestab\nGesendet: Montag, 23. November 2026 09:31\nAn: Vagt\nBetreff: X\n\n{QUESTION}",
        "1",
    ),
    "Outlook, Swedish": (
        f"1\n\nFrån: Krisestab <k@e.invalid>\nSkickat: den 23 november 2026\nTill: V\nÄmne: X\n\n{QUESTION}",
        "1",
    ),
    "Thunderbird, Danish": (f"1\n\nDen 23.11.2026 kl. 09.31 skrev Krisestab:\n{QUOTED}", "1"),
    "Thunderbird below": (f"Den 23.11.2026 kl. 09.31 skrev Krisestab:\n{QUOTED}\n1\n", "1"),
    "below after a greeting": (
        f"Hej\n\nOn 23/11/2026 09:31, Krisestab wrote:\n{QUOTED}\nJeg kommer\n",
        "Hej\n\nJeg kommer",
    ),
    "between": (
        "Se nedenfor.\n\nDen 23.11.2026 skrev K:\n> Kommer du?\nJa\n> Hvornår?\nKl. 10\n",
        "Ja\nKl. 10",
    ),
    "between, with more above": (
        "Vi mangler hjælp, se nedenfor.\n\n> Kommer du?\nJa\n",
        "Vi mangler hjælp, se nedenfor.\nJa",
    ),
    "Proton": ("Kommer\n\nSendt med Proton Mail sikker e-mail.\n", "Kommer"),
    "a picture message's line": ("Kommer\nDenne MMS er sendt fra +4500000012", "Kommer"),
    "a program's line": (
        "Modtaget\nDenne SMS er sendt fra en automatisk tjeneste",
        "Modtaget\nDenne SMS er sendt fra en automatisk tjeneste",
    ),
    "by courier": ("2\nSendt med bud kl. 10", "2\nSendt med bud kl. 10"),
    "no blank line before": (f"1\n{WROTE}\n{QUOTED}", "1"),
    "a clock before it": (f"Kl. 10.30\n{WROTE}\n{QUOTED}", "Kl. 10.30"),
    "signature": ("Ja, er der om 20\n-- \nVagten\nTlf. 00 00 00 01", "Ja, er der om 20"),
    "signature of a phone": ("På vej\n\nSendt fra min Samsung Galaxy-smartphone.", "På vej"),
    "a filter's warning": (
        "ADVARSEL: Denne mail er sendt fra en ekstern afsender. Klik ikke på links.\n\n1\n",
        "1",
    ),
    "a filter's mark and warning": (
        "[EKSTERN MAIL] Vær opmærksom på links og vedhæftede filer.\n\n1",
        "1",
    ),
    "a filter's mark alone": ("[Ekstern mail]\n1", "1"),
    "a filter's mark in stars": ("*** EXTERNAL EMAIL ***\n\nKommer", "Kommer"),
    "a filter's sentence": (
        "Denne mail er sendt fra en afsender uden for kommunen.\n\nKommer ikke",
        "Kommer ikke",
    ),
    "Microsoft's, Danish": (
        "Du modtager ikke ofte mails fra krisestab@e.invalid. Få mere at vide om, hvorfor dette er vigtigt\n\n1",
        "1",
    ),
    "Microsoft's with its address, wrapped": (
        "Du modtager ikke ofte mails fra krisestab@e.invalid. Få mere at vide om,\nhvorfor dette er vigtigt"
        "<https://aka.ms/LearnAboutSenderIdentification>\n2",
        "2",
    ),
    "Microsoft's, English": (
        "You don't often get email from k@e.invalid. Learn why this is important\n\n1",
        "1",
    ),
    "two warnings": (
        "[EKSTERN]\n\nDu modtager ikke ofte mails fra k@e.invalid. Få mere at vide om, hvorfor dette er vigtigt\n\nJa",
        "Ja",
    ),
    "a warning is all": ("[Ekstern mail]", "[Ekstern mail]"),
    "an answer behind a filter's mark": ("[EKSTERN] Be there in 20\n\nBo", "Be there in 20\n\nBo"),
    "words of a person about a warning": (
        "Eksterne vagter er tilkaldt.\n\nVi kommer",
        "Eksterne vagter er tilkaldt.\n\nVi kommer",
    ),
    "a minus is no signature": ("-1", "-1"),
    "words about writing": (
        "Jeg skrev til Peter i går, han kommer:\nOle og Per",
        "Jeg skrev til Peter i går, han kommer:\nOle og Per",
    ),
    "nothing but the quotation": (QUOTED, ""),
    "nothing above": (f"\n\nDen 23. nov. 2026 kl. 09.31 skrev K <k@e.invalid>:\n{QUOTED}", ""),
    "nothing but a phone's line": (f"Sendt fra min iPhone\n\n{QUOTED}", ""),
    "control signs": ("1\x1b[2J\u202e", "1␛[2J\ufffd"),
}


@pytest.mark.parametrize(("file", "lines", "first", "last"), ROWS, ids=[row[0] for row in ROWS])
def test_the_set_of_answers_is_cut_at_the_quotation(file: str, lines: str, first: str, last: str) -> None:
    written = reply_text((SET / file).read_text("utf-8")).split("\n")
    assert (str(len(written)), written[0], written[-1]) == (lines, first, last)


def test_every_file_of_the_set_is_judged() -> None:
    assert {row[0] for row in ROWS} == {path.name for path in SET.glob("*.txt")} - {"LICENSE-MIT.txt"}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_to_our_question(name: str) -> None:
    text, answer = ANSWERS[name]
    assert reply_text(text) == answer


def test_html_is_read_as_its_reader_sees_it() -> None:
    page = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>Ja &amp; nej,&nbsp;<b>p&aring; vej</b></p>"
        "<script>1</script><!-- 2 --><div>linje<br>ny</div><blockquote>1 = kommer<p>#K7</p></blockquote></body>"
    )
    assert html_text(page) == "Ja & nej, på vej\nlinje\nny\n> 1 = kommer\n>\n> #K7"
    assert reply_text(html_text(page)) == "Ja & nej, på vej\nlinje\nny"


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ('<div style="display:none">4</div><div>Hvor?</div>', "Hvor?"),
        ("<div style='COLOR:red; Display : None !important'>4<br>4<div>4</div>4</div>1", "1"),
        ("<p style=visibility:hidden>4</p>1", "1"),
        ('<span style="mso-hide:all">4</span>1', "1"),
        ("<div hidden><div>4</div>4</div>1", "1"),
        ('<span style="font-size:0px;color:red">4</span>1', "1"),
        (
            '<td style="font-size:0"><div style="font-size:14px">HJÆLP</div></td>',
            "HJÆLP",
        ),  # as newsletters lay out
        ('<div style="font-size:0;display:none"><p style="font-size:9px">4</p></div>1', "1"),
        ('<p style="display:none">4<p>1', "1"),
        ('<img style="display:none" alt="4"><input hidden>1', "1"),
        ('<a title="was hidden here" style="x-display:none">1</a>', "1"),
        ("<p><s>1</s> 2</p><del>3</del><strike>4</strike>", "2"),
        ('<span style="text-decoration:underline line-through">1</span> <u>2</u>', "2"),
    ],
)
def test_what_its_reader_does_not_see_is_no_text(page: str, seen: str) -> None:
    assert html_text(page) == seen


def test_flowed_text_is_joined_within_one_depth() -> None:
    flowed = "Jeg kommer \nom lidt\n> 1 = \n> kommer\n-- \nVagten"
    assert unflowed(flowed) == "Jeg kommer om lidt\n> 1 = kommer\n-- \nVagten"
    assert unflowed("for \nsent", delsp=True) == "forsent"


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 400_000,
        "<!--" * 100_000,
        "<a " * 130_000,
        '<div style="font-size:0">' * 16_000,
        "<s>" * 130_000,
        "<a style=" * 40_000 + ">",
        "<blockquote>" * 30_000 + "x<br>" * 10_000,
        "&#x" * 130_000,
    ],
)
def test_hostile_html_takes_time_in_proportion(hostile: str) -> None:
    assert len(html_text(hostile)) <= 500_000  # pytest-timeout would see a quadratic one


@pytest.mark.parametrize(
    "line", ["> x\n", "From: a\n", "Den 1.1.2026 skrev\n", "-- \n", "skrev 2026 a@b:\n", "9."]
)
def test_hostile_text_takes_time_in_proportion(line: str) -> None:
    assert len(reply_text(line * (2 * MOST_CHARACTERS // len(line)))) <= MOST_CHARACTERS


@given(st.text(alphabet=st.sampled_from("aæ1 \n\r\t>:-_<@.\x00é2026skrev"), max_size=300))
def test_nothing_is_added_and_nothing_fails(text: str) -> None:
    written = reply_text(text)
    assert len(written) <= len(text)
    assert reply_text(html_text(text)) is not None
