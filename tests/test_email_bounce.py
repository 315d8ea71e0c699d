"""Reports, automatic mails and people told apart: by the set, by our own Danish cases, and by what each becomes."""

import json
from collections import Counter
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from channels.base import Inbound, Report
from channels.email_inbound import Arrived, event_of
from channels.email_kind import Kind, judge
from channels.email_mime import letter
from channels.email_names import Names
from messages.answer import read_answer
from messages.evidence import Evidence

DATA = Path(__file__).parent / "data"
SET = DATA / "email-bounces"
ROWS = [line.split("\t") for line in (SET / "EXPECTED.tsv").read_text("utf-8").splitlines()]
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
NAMES = Names("0123456789abcdef", domain="eksempelkommune.invalid")
ATTEMPT = "2026-11-23-7.42"
QUESTION = (("1", "kommer"), ("2", "kommer ikke"))


async def settle() -> None:
    pass


def event(raw: bytes, *, octets: int = 0) -> Report | Inbound:
    return event_of(Arrived(raw, AT, octets or len(raw)), NAMES, settle=settle)


def judged(raw: bytes) -> str:
    verdict = judge(letter(raw))
    return verdict.bounce.action.name.lower() if verdict.bounce else verdict.kind.name.lower()


def mail(body: str = "1\n", **fields: str) -> bytes:
    made = EmailMessage()
    for name, value in {
        "From": "Vagt <vagt@eksempelkommune.invalid>",
        "Subject": "SV: Strømsvigt #K7",
        **fields,
    }.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


def report(action: str, *, status: str = "2.0.0", diagnostic: str = "", envid: str = "") -> bytes:
    """As Postfix writes it, with the head of the original."""
    original = f"Message-ID: <{NAMES.reference(ATTEMPT)}>\r\nX-Bavn-Attempt: {NAMES.outside(ATTEMPT)}\r\n"
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@relay.invalid (Mail Delivery System)\r\n"
        "Auto-Submitted: auto-replied\r\nSubject: Successful Mail Delivery Report\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n"
        "This is the mail system.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relay.invalid\r\n"
        f"{f'Original-Envelope-Id: {envid}' if envid else 'X-None: x'}\r\n\r\n"
        "Final-Recipient: rfc822; vagt@eksempelkommune.invalid\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{'' if envid else original}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(("file", "kind"), ROWS, ids=[row[0] for row in ROWS])
def test_the_set_of_bounces_is_told_apart(file: str, kind: str) -> None:
    assert judged((SET / file).read_bytes()) == kind


def test_every_file_of_the_set_is_judged_and_no_automatic_mail_answers() -> None:
    assert {row[0] for row in ROWS} == {path.name for path in SET.glob("*.eml")}
    events = [event(path.read_bytes()) for path in SET.glob("*.eml")]
    assert all(isinstance(each, Inbound) and each.automatic and not each.in_reply_to for each in events)
    assert Counter(row[1] for row in ROWS) == {"failed": 147, "delayed": 5, "automatic": 8}


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "evidence", "detail"),
    [
        ("delivered", "2.0.0", "", Evidence.DELIVERED, ""),
        ("relayed", "2.0.0", "", Evidence.SUBMITTED, "relayed to a server that reports nothing"),
        ("expanded", "2.0.0", "", Evidence.SUBMITTED, "expanded by a list, which proves nothing more"),
        ("delayed", "4.4.1", "smtp; 421 4.4.1 busy", Evidence.UNKNOWN, "delayed 421 4.4.1 busy"),
        (
            "failed",
            "5.1.1",
            "smtp; 550 5.1.1 no such user",
            Evidence.REFUSED,
            "550 5.1.1 no such user (the mail came back)",
        ),
        (
            "failed",
            "4.4.7",
            "smtp; 421 4.4.7 too old",
            Evidence.REFUSED,
            "421 4.4.7 too old (the mail came back)",
        ),
        ("Expired", "4.4.7", "", Evidence.REFUSED, None),
        ("", "5.2.2", "", Evidence.REFUSED, None),
    ],
)
@pytest.mark.parametrize("envid", ["", NAMES.outside(ATTEMPT), NAMES.outside(ATTEMPT).replace("~", "+7E")])
def test_a_report_about_our_mail_is_evidence(
    action: str, status: str, diagnostic: str, evidence: Evidence, detail: str | None, envid: str
) -> None:
    told = event(report(action, status=status, diagnostic=diagnostic, envid=envid))
    assert isinstance(told, Report)
    assert (told.attempt, told.reference, told.evidence) == (ATTEMPT, NAMES.reference(ATTEMPT), evidence)
    assert detail is None or told.detail == detail


@pytest.mark.parametrize("tag", ["", "~aaaaaaaaaaaaaaaa", "~2222222222222222"])
def test_a_forged_report_is_no_evidence(tag: str) -> None:
    forged = report("delivered", envid=f"{ATTEMPT}{tag}").replace(b"x-none", b"x")
    told = event(forged)
    assert isinstance(told, Inbound)
    assert (told.automatic, told.undelivered, told.in_reply_to) == ("a delivery report: delivered", False, "")


@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_a_bounce_of_a_mail_that_nobody_can_name_says_that_it_is_one(action: str) -> None:
    told = event(report(action, status="5.1.1", envid="intet-vi-kender"))
    assert isinstance(told, Inbound)
    assert (told.automatic, told.undelivered) == (f"a delivery report: {action}", True)


def test_another_key_proves_nothing() -> None:
    stranger = Names("fedcba9876543210", domain="eksempelkommune.invalid")
    assert stranger.found(NAMES.outside(ATTEMPT), NAMES.reference(ATTEMPT)) == ""
    assert NAMES.found(f"<{NAMES.reference(ATTEMPT)}>") == NAMES.found(NAMES.outside(ATTEMPT)) == ATTEMPT


@pytest.mark.parametrize(
    ("disposition", "evidence"),
    [
        ("manual-action/MDN-sent-manually; displayed", Evidence.READ),
        ("manual-action/MDN-sent-automatically; displayed/error", Evidence.READ),
        ("automatic-action/MDN-sent-automatically; displayed", Evidence.UNKNOWN),
        ("manual-action/MDN-sent-manually; deleted", Evidence.UNKNOWN),
        ("automatic-action/MDN-sent-automatically; processed", Evidence.UNKNOWN),
        ("nonsense", Evidence.UNKNOWN),
    ],
)
def test_a_read_receipt_is_read_only_if_a_person_opened_the_mail(
    disposition: str, evidence: Evidence
) -> None:
    raw = (
        "From: vagt@eksempelkommune.invalid\r\nSubject: Læst: Strømsvigt\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
        "--b\r\n\r\nDin besked blev vist.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Original-Message-ID: <{NAMES.reference(ATTEMPT)}>\r\nDisposition: {disposition}\r\n--b--\r\n"
    )
    told = event(raw.encode())
    assert isinstance(told, Report)
    assert (told.attempt, told.evidence) == (ATTEMPT, evidence)


DOUBTFUL = [
    {"Subject": "SV: Automatisk svar: Strømsvigt"},
    {"Subject": "Sv: Læst: Strømsvigt"},
    {"Subject": "[Ticket#2026112310000047] SV: Strømsvigt"},  # people answer through one too
    {"Subject": "Sag 123456: Strømsvigt"},
    {"Subject": "Modtaget: Strømsvigt"},
    {"Subject": "Tak for din mail"},
    {"Precedence": "bulk"},
    {"Precedence": "junk"},
    {"Precedence": "list"},
    {"List_Id": "<liste.eksempelkommune.invalid>"},
    {"List_Unsubscribe": "<mailto:nej@liste.invalid>"},
]
AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated (vacation)"},
    {"Subject": "Automatisk svar: Strømsvigt #K7"},
    {"Subject": "Autosvar: ferie"},
    {"Subject": "Ikke til stede: Strømsvigt"},
    {"Subject": "Fraværende"},
    {"Subject": "Out of Office: Strømsvigt"},
    {"Subject": "Automatic reply: Strømsvigt"},
    {"Subject": "Abwesenheitsnotiz"},
    {"Subject": "Frånvarande: Strømsvigt"},
    {"Subject": "På barsel"},
    {"Subject": "Automatic reply: Strømsvigt"},
    *(
        {"Subject": subject}
        for subject in (
            "Læst: Strømsvigt",
            "Ikke læst: Strømsvigt",
            "Read: Strømsvigt",
            "Not read: Strømsvigt",
            "Return Receipt (displayed) - Strømsvigt",
            "Leveret: Strømsvigt",
            "Relayed: Strømsvigt",
            "Automatisk kvittering: Strømsvigt",
            "[EKSTERN] Automatisk svar: Strømsvigt",
            "Auto: Strømsvigt",
            "Sag 123456 oprettet: Strømsvigt",
            "[Ticket#2026112310000047] er registreret",
            "Ferie til og med 29/11",
        )
    ),
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "Strømsvigt"},
    {"X_MS_Exchange_Inbox_Rules_Loop": "vagt@eksempelkommune.invalid"},
    {"Return_Path": "<>"},
    {"From": "Nyhedsbrev <no-reply@eksempelkommune.invalid>"},
]


@pytest.mark.parametrize("fields", AUTOMATIC, ids=lambda fields: next(iter(fields)))
@pytest.mark.parametrize("body", ["1\n", "JA, jeg kommer #K7\n"])
def test_what_no_person_wrote_says_so(fields: dict[str, str], body: str) -> None:
    told = event(mail(body, In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>", **fields))
    assert isinstance(told, Inbound)
    assert told.automatic
    assert told.in_reply_to == ATTEMPT  # shown beside what it was sent about


@pytest.mark.parametrize("fields", DOUBTFUL, ids=lambda fields: next(iter(fields)))
def test_what_groups_and_people_add_too_is_doubtful(fields: dict[str, str]) -> None:
    told = event(mail("BRUG FOR HJÆLP\n", In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>", **fields))
    assert isinstance(told, Inbound)
    assert told.doubtful
    assert (told.text, told.automatic, told.in_reply_to) == ("BRUG FOR HJÆLP", "", ATTEMPT)


@pytest.mark.parametrize(
    "body",
    [
        "Jeg er på ferie til 30/11. Kontakt receptionen.\n",
        "Hej\n\nJeg har ferie og vender tilbage 1. december.\n",
        "Jeg er væk fra kontoret indtil 30/11\n",
        "Tak for din mail. Jeg er på barsel.\n",
        "Jeg er på kursus til fredag\n",
        "Jeg er ikke på kontoret og læser ikke mail før mandag.\n",
        "Kære afsender\n\nTak for din henvendelse. Vi bekræfter hermed modtagelsen.\n",
        "I am currently out of the office.\n",
        "Thank you for your email. I will be back on Monday.\n",
        "Vi bekræfter modtagelsen. Ved hastende henvendelser ring 00 00 00 01.\n",
        "1. december er jeg tilbage på kontoret. Jeg er på ferie.\n",
        "Vi har registreret din henvendelse som sag nr. 4711. Denne postkasse overvåges kun på hverdage.\n",
        "Din mail er modtaget og vil blive behandlet.\n",
        "Vi kvitterer hermed for modtagelsen\n",
        "Denne postkasse overvåges ikke\n",
        "Jeg er fratrådt pr. 1/11\n",
        "Jeg vender tilbage hurtigst muligt\n",
        "Ferie til og med 29/11\n",
    ],
)
def test_words_of_an_absence_are_doubtful_since_people_say_them_too(body: str) -> None:
    told = event(mail(body, X_Auto_Response_Suppress="All", In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>"))
    assert isinstance(told, Inbound)
    assert (bool(told.doubtful), told.automatic) == (True, "")


@pytest.mark.parametrize(
    "body",
    [
        "2\n\nJeg er på ferie til mandag, prøv Mette\n",
        "Nej desværre\nJeg er på kursus\n",
        "Nej, jeg er sygemeldt\n",
        "Ja, jeg vender tilbage med et antal\n",
    ],
)
def test_a_reason_below_an_answer_makes_it_no_automatic_one(body: str) -> None:
    told = event(mail(body, In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>"))
    assert isinstance(told, Inbound)
    assert (told.doubtful, told.automatic) == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        "Automatisk svar: Jeg er ikke på kontoret\n",
        "Dette er et automatisk svar. JA\n",
        "Din meddelelse\n\n   Til: Vagt\n   Emne: Strømsvigt\n\nblev slettet uden at være læst 23. november\n",
        "Your message\n\n   To: Vagt\n   Subject: Strømsvigt\n\nwas read on Monday\n",
        "Return Receipt\n\nYour Strømsvigt was received by Vagt\n",
        "Dette er en kvittering for den e-mail, som du sendte til vagt\n",
    ],
)
def test_an_automatic_text_under_a_plain_subject_is_automatic(body: str) -> None:
    told = event(mail(body))
    assert isinstance(told, Inbound)
    assert told.automatic


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Auto_Submitted": "no"},
        {"X_Auto_Response_Suppress": "All"},  # Outlook puts it on ordinary mail
        {
            "X_MS_Exchange_Inbox_Rules_Loop": "krisestab@eksempelkommune.invalid"
        },  # a rule of ours passed it on
        {"Precedence": "first-class"},
        {"Return_Path": "<vagt@eksempelkommune.invalid>"},
        {"Subject": "Re: automatpiloten"},
        {"Subject": "Vi er på vej"},
        {"From": "casino-reply@eksempelkommune.invalid"},
        {"From": "Postmester Hansen <hansen@eksempelkommune.invalid>"},
    ],
)
def test_a_person_s_answer_is_one(fields: dict[str, str]) -> None:
    told = event(mail("1\n", In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>", **fields))
    assert isinstance(told, Inbound)
    assert (told.text, told.automatic, told.doubtful, told.in_reply_to) == ("1", "", "", ATTEMPT)


@pytest.mark.parametrize(
    "fields",
    [
        {"References": f"<a@b.invalid> <{NAMES.reference(ATTEMPT)}> <c@d.invalid>"},
        {"In_Reply_To": f"<{NAMES.reference('0-0.1')}>", "References": f"<{NAMES.reference(ATTEMPT)}>"},
        {"X_Other": "x"},
    ],
)
def test_the_attempt_is_found_wherever_the_answer_carries_it(fields: dict[str, str]) -> None:
    quoted = f"1\n\n> X-Bavn-Attempt: {NAMES.outside(ATTEMPT)}\n" if "X_Other" in fields else "1\n"
    told = event(mail(quoted, **fields))
    assert isinstance(told, Inbound)
    assert told.in_reply_to == (ATTEMPT if "In_Reply_To" not in fields else "0-0.1")


@pytest.mark.parametrize(
    ("body", "subject", "text", "unreadable"),
    [
        ("1\n", "SV: ØVELSE Strømsvigt #K7 ØVELSE", "1 #K7", False),
        ("1 #A2\n", "SV: Strømsvigt #K7", "1 #A2", False),
        ("1\n", "noget andet", "1", False),
        ("", "JA #K7", "JA #K7", False),
        ("\n", "SV: Strømsvigt #K7", "", True),
        ("> 1 = kommer\n", "SV: Strømsvigt #K7", "", True),
    ],
)
def test_without_a_name_the_code_in_the_subject_tells(
    body: str, subject: str, text: str, unreadable: bool
) -> None:
    told = event(mail(body, Subject=subject))
    assert isinstance(told, Inbound)
    assert (told.text, bool(told.unreadable), told.automatic) == (text, unreadable, "")


@pytest.mark.parametrize(
    "case", json.loads((DATA / "badinput-reply.json").read_text("utf-8")), ids=lambda case: str(case["id"])
)
def test_only_a_clear_answer_names_an_option(case: dict[str, str]) -> None:
    told = event(
        mail(f"{case['value']}\n", Subject="noget andet", In_Reply_To=f"<{NAMES.reference(ATTEMPT)}>")
    )
    assert isinstance(told, Inbound)
    said = read_answer(told.text, QUESTION)
    assert bool(told.unreadable) is (case["value"] == "")
    assert bool(told.automatic) is case["value"].startswith("Automatisk")
    assert said.option == ""


def test_a_mail_of_only_html_is_read() -> None:
    page = "<p>1</p><blockquote>2 = kommer ikke</blockquote>"
    raw = f"From: a@b.invalid\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}".encode()
    told = event(raw)
    assert isinstance(told, Inbound)
    assert (told.text, told.automatic, told.sender) == ("1", "", "mailto:a@b.invalid")


def test_two_copies_of_a_mail_have_one_identifier_and_two_mails_have_two() -> None:
    first = mail("1\n", Message_ID="<x@y.invalid>", Date="Mon, 23 Nov 2026 09:00:00 +0100")
    copy = (
        b"Received: by relay.invalid; now\nDelivered-To: k@e.invalid\n"
        + first.replace(b"\n", b"\r\n")
        + b"\r\n"
    )
    other = first.replace(b"\n1\n", b"\n2\n")
    ids = [told.bearer_id for told in map(event, (first, copy, other)) if isinstance(told, Inbound)]
    assert ids[0] == ids[1] != ids[2]


def test_a_very_large_mail_is_read_as_far_as_it_goes() -> None:
    cut = (
        b"From: a@b.invalid\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nKommer\r\n--b\r\n"
    )
    cut += b"Content-Type: image/jpeg\r\n\r\n" + b"x" * 1000
    told = event(cut, octets=90_000_000)
    assert isinstance(told, Inbound)
    assert (told.text, told.automatic) == ("Kommer", "")
    told = event(b"From: a@b.invalid\r\nContent-Type: image/jpeg\r\n\r\nxxx", octets=90_000_000)
    assert isinstance(told, Inbound)
    assert told.unreadable == "no text in what was read of a very large mail"


def test_a_kind_has_a_reason_unless_a_person_wrote() -> None:
    verdicts = [judge(letter(path.read_bytes())) for path in SET.glob("*.eml")]
    assert all(bool(verdict.reason) is (verdict.kind is not Kind.PERSON) for verdict in verdicts)
