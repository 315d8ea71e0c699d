"""What a person's mail says, wherever it says it; and what nobody can read, which a person must see."""

import pytest

from channels.base import Inbound
from messages.answer import Kind, read_answer
from tests.test_email_bounce import ATTEMPT, NAMES, event

OPTIONS = (("1", "kommer"), ("2", "kommer ikke"), ("4", "liv i fare"))
OURS = "=?utf-8?q?SV=3A_=C3=98VELSE_Krisestab=3A_Str=C3=B8msvigt_=23K7_=C3=98VELSE?="


def told(
    content: str, *, subject: str = OURS, answers: bool = True, sender: str = "Vagt <vagt@e.invalid>"
) -> Inbound:
    """A mail with these fields and this body, which answers one of ours."""
    about = f"In-Reply-To: <{NAMES.reference(ATTEMPT)}>\n" if answers else ""
    found = event(f"From: {sender}\nSubject: {subject}\n{about}{content}".encode())
    assert isinstance(found, Inbound)
    return found


def parts(kind: str, *pieces: str) -> str:
    return (
        f"Content-Type: multipart/{kind}; boundary=b\n\n"
        + "".join(f"--b\n{each}\n" for each in pieces)
        + "--b--\n"
    )


def part(content: str, kind: str = "text/plain; charset=utf-8", **fields: str) -> str:
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return f"Content-Type: {kind}\n{more}\n{content}"


PHOTO = part(
    "AAAA", "image/jpeg", Content_Disposition="inline; filename=i.jpg", Content_Transfer_Encoding="base64"
)
FILE = part("log", 'text/plain; name="a.txt"', Content_Disposition="attachment; filename=a.txt")
TABLE = part("1;2", 'text/csv; name="a.csv"', Content_Disposition="attachment; filename=a.csv")
SMIL = part("<smil/>", "application/smil; name=s.smil")
NAMED = 'text/plain; charset=utf-8; name="text_0.txt"'
RTF = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}\f0\b BRUG\b0  FOR HJ\'c6LP\par\u230?\{\}}"
MIXED = {
    "a photo first": (parts("mixed", part(""), PHOTO, part("Hjælp, se billedet")), "Hjælp, se billedet"),
    "a photo between": (parts("mixed", part("Hej"), PHOTO, part("4")), "Hej\n4"),
    "a file first": (parts("mixed", FILE, part("2")), "2"),
    "two forms of one": (parts("alternative", part("1"), part("<p>1</p>", "text/html")), "1"),
    "the plain form is empty": (parts("alternative", part(" "), part("<p>1</p>", "text/html")), "1"),
    "both forms, badly joined": (parts("mixed", part("1"), part("<p>1</p>", "text/html")), "1"),
    "HTML only": (part("<p>2</p><div>Sendt fra min iPhone</div>", "text/html"), "2"),
    "HTML in pieces": (parts("mixed", part("<b>1</b>", "text/html"), PHOTO, part("om 20", "text/html")), "1\nom 20"),
    "a text with a name": (part("Kommer", NAMED), "Kommer"),
    "HTML with a name": (part("<p>2</p>", "text/html; name=Att00001.htm"), "2"),
    "a picture message": (parts("mixed", SMIL, part("1", NAMED)), "1"),
    "a picture message, attached": (parts("related", SMIL, FILE.replace("log", "på vej")), "på vej"),
    "attached alone": (parts("mixed", part(""), FILE), "log"),
    "the plain form only points": (
        parts("alternative", part("This message requires an HTML viewer."), part("<p>1</p>", "text/html")), "1"),
    "the plain form cries": (parts("alternative", part("Hjælp"), part("<p>Hej</p>", "text/html")), "Hjælp"),
    "signed": (parts("signed", part("2"), part("x", "application/pkcs7-signature")), "2"),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_all_that_stands_in_the_mail_is_read(name: str) -> None:
    content, text = MIXED[name]
    found = told(content)
    assert (found.text, found.unreadable, found.automatic) == (text, "", "")


UNREADABLE = {
    "S/MIME": (part("MIAGCSqG", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"), "S/MIME"),
    "PGP": (parts("encrypted", part("Version: 1", "application/pgp-encrypted"), part("x", "x/y")), "PGP"),
    "S/MIME beside a text": (parts("mixed", part("Se vedhæftet"), part("MIAG", "application/pkcs7-mime")), "S/MIME"),
    "only a file": (parts("mixed", part(""), TABLE), "a file, text/csv"),
    "two forms that contradict": (parts("alternative", part("2"), part("<p>1</p>", "text/html")), "two forms"),
    "winmail.dat": (part("eJ8+", "application/ms-tnef; name=winmail.dat"), "winmail.dat"),
    "winmail.dat, misnamed": (part("eJ8+", "application/octet-stream; name=winmail.dat"), "winmail.dat"),
    "an unknown charset": (b"Content-Type: text/plain; charset=ibm037\n\n\xf1\xc1\n".decode("latin-1"), "charset"),
    "noise": (part("AAECAwQFBgcICQoLDA0ODxAREhMU/w==", Content_Transfer_Encoding="base64"), "broken"),
    "no boundary": ("Content-Type: multipart/mixed; boundary=b\n\n--c\n\n1\n--c--\n", "told apart"),
    "only a picture": (parts("mixed", part(""), PHOTO), "image/jpeg"),
    "nothing": (part(""), "nothing is written"),
    "a quotation": (part("> 1 = kommer\n> 2 = kommer ikke"), "nothing is written"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_nobody_can_read_says_why_and_brings_what_there_is(name: str) -> None:
    content, why = UNREADABLE[name]
    octets = content.encode("latin-1" if name == "an unknown charset" else "utf-8")
    about = f"From: vagt@e.invalid\nIn-Reply-To: <{NAMES.reference(ATTEMPT)}>\nSubject: {OURS}\n".encode()
    found = event(about + octets)
    assert isinstance(found, Inbound)
    assert (why in found.unreadable, found.automatic, found.in_reply_to) == (True, "", ATTEMPT)
    assert found.raw.startswith(
        "From: vagt@e.invalid\nSubject: SV: ØVELSE Krisestab: Strømsvigt #K7 ØVELSE\n"
    )
    assert len(found.raw) <= 16_384


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (part(RTF, "application/rtf; name=a.rtf", Content_Disposition="attachment"), "BRUG FOR HJÆLP\næ{}"),
        (part(RTF, "text/rtf"), "BRUG FOR HJÆLP\næ{}"),
        (part("<bold>BRUG FOR HJAELP</bold>", "text/enriched"), "BRUG FOR HJAELP"),
        (part("*Hjælp*", "text/markdown; charset=utf-8"), "*Hjælp*"),
        (part("BEGIN:VCALENDAR\nDESCRIPTION:Hjælp?", "text/calendar; charset=utf-8"), ""),
        (parts("alternative", part("2"), part("<p>Hjælp</p>", "text/html")), "2\nHjælp"),
    ],
)
def test_a_cry_is_heard_in_what_answers_nothing(content: str, text: str) -> None:
    found = told(content)
    assert (found.text, bool(found.unreadable), bool(found.raw)) == (text, True, True)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (f"1 {OURS}", "1"),
        (f"[EKSTERN] JA {OURS}", "JA"),
        (f"{OURS} - JA", "JA"),
        ("SV: 1", "1"),
        ("1", "1"),
        ("Re: Ja, kommer om 20", "Ja, kommer om 20"),
        ("SV: BRUG FOR HJAELP", "BRUG FOR HJAELP"),
        ("JA #K7", "JA"),
        (OURS, ""),
        (f"[EKSTERN] {OURS}", ""),
        (f"EKSTERN: {OURS}", ""),
        ("Re: Krisestab: RETTELSE #K3. Brug for sandsaekke #K7 (gentaget)", ""),
        ("Re: Brug for hjaelp til at fylde sandsaekke #K7", ""),
        ("Krisestab: Stroemsvigt #K7", ""),
        ("SV: Kommune: Brand #K7", ""),
        ("SV: Brand i kaelderen #K7", ""),
        ("SV: Krisestab: Gasudslip #K7 ØVELSE", ""),
        ("SV: HJAELP #K7", "HJAELP"),
        ("Videresendt: 1", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("body", ["", "\n\nSendt fra min iPhone\n", "> 1 = kommer\n"])
def test_the_subject_answers_where_somebody_wrote_into_it_and_ours_never_does(
    subject: str, text: str, body: str
) -> None:
    found = told(part(body), subject=subject)
    assert (found.text, bool(found.unreadable)) == (text, not text)


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(
    ("subject", "body", "text"),
    [
        ("HJÆLP", "Strandvej 4, vandet står i stuen", "HJÆLP\nStrandvej 4, vandet står i stuen"),
        ("HJÆLP SV: Strømsvigt #K7", "1", "HJÆLP\n1"),
        ("BRUG FOR HJÆLP VS: Strømsvigt #K7", "Ring til mig", "BRUG FOR HJÆLP\nRing til mig"),
        ("HJÆLP Fwd: Strømsvigt #K7", "Se emnelinjen", "HJÆLP\nSe emnelinjen"),
        ("SV: HJÆLP", "Denne mail er fortrolig.", "HJÆLP\nDenne mail er fortrolig."),
        ("4 SV: Strømsvigt #K7", "To mand under vand", "4\nTo mand under vand"),
        ("SV: Strømsvigt #K7 mangler ilt", "Strandvej 4", "mangler ilt\nStrandvej 4"),
        ("1 SV: Strømsvigt #K7", "2", "1\n2"),
        ("Strandvej 4 SV: Strømsvigt #K7", "Hjælp", "Strandvej 4\nHjælp"),
        ("PUMPEN SV: Strømsvigt #K7", "1", "1"),
        ("På vej SV: Strømsvigt #K7", "1, er der om 5", "1, er der om 5"),
        ("SV: Gasudslip #K7", "Kan I ringe", "Kan I ringe"),
        ("[SPAM?] SV: Brug for hjælp til sandsække #K7", "Kan I ringe", "Kan I ringe"),
    ],
)
def test_what_somebody_wrote_in_the_subject_is_read_with_the_text(
    subject: str, body: str, text: str, answers: bool
) -> None:
    found = told(f"Content-Type: text/plain; charset=utf-8\n\n{body}", subject=subject, answers=answers)
    assert found.text.removesuffix(" #K7") == text
    assert (found.unreadable, found.doubtful, "PUMPEN" in found.raw) == ("", "", "PUMPEN" in subject)


@pytest.mark.parametrize(
    ("subject", "text", "raw"),
    [
        ("Vandstand", "1", "Subject: Vandstand\n\n1"),
        ("1. påmindelse", "1", "Subject: 1. påmindelse\n\n1"),
        ("1", "1", ""),
        ("2", "2\n1", ""),
        ("HASTER: Referat", "Referat\nDer er vand i stuen", ""),
        ("Havnegade 3", "Havnegade 3\nDer er vand i stuen", ""),
        ("1. påmindelse", "Der er vand i stuen", "Subject: 1. påmindelse\n\nDer er vand i stuen"),
    ],
)
def test_the_title_of_a_mail_of_its_own_is_kept_and_takes_nothing_from_an_answer(
    subject: str, text: str, raw: str
) -> None:
    body = "Der er vand i stuen" if "stuen" in text else "1"
    found = told(part(body), subject=subject, answers=False)
    assert (found.text, found.raw) == (text, raw)


FORWARDED = (
    "Fra: Borger <b@e.invalid>\nDato: 23. november 2026\nEmne: Vand\n\nVi har brug for hjælp på Havnegade 3\n"
)
QUOTED_CRY = "> Vand\n> Vi har brug for hjælp på Havnegade 3"
INNER = part("From: b@e.invalid\nSubject: Vand\n\n4 mand fanget, send en ambulance", "message/rfc822")


@pytest.mark.parametrize(
    ("subject", "content", "text", "answers"),
    [
        ("VS: Vand", part(f"Til orientering:\n\n{FORWARDED}"), f"Til orientering:\n{QUOTED_CRY}", False),
        ("Fwd: Vand", part(f"---------- Forwarded message ---------\n{FORWARDED}"), QUOTED_CRY, False),
        ("Vand", part(f"-------- Videresendt besked --------\n{FORWARDED}"), f"Vand\n{QUOTED_CRY}", False),
        ("SV: Vand", part(f"Start på videresendt besked:\n\n> {FORWARDED}"),
         f"Start på videresendt besked:\n{QUOTED_CRY}", False),
        ("FW: Vand", part(f"1\n\n{FORWARDED}"), f"1\n{QUOTED_CRY}", True),
        ("VS: HJÆLP", part(f"{FORWARDED.replace('brug for hjælp', 'vand').replace('Vand', 'HJÆLP')}"),
         "> HJÆLP\n> Vi har vand på Havnegade 3", False),
        ("Fwd: Hjælp på Åvej", part(""), "> Hjælp på Åvej", False),
        ("VS: Hjælp til kurset i Excel", part(f"Se her\n\n{FORWARDED.replace('brug for hjælp', 'tid')}"),
         "Se her", True),
        ("VS: Vand", parts("mixed", part("Se her"), INNER),
         "Se her\n> Vand\n> 4 mand fanget, send en ambulance", False),
        ("VS: Vand", part(f"Til orientering:\n\n{FORWARDED.replace('brug for hjælp', 'det godt')}"),
         "Til orientering:", True),
        ("VS: Nyt", part(f"Se her\n\n{FORWARDED.replace('brug for hjælp', 'brand').replace('Vand', 'Nyhed')}"),
         "Se her", True),
        ("VS: Vand", part(FORWARDED.replace("Vi har brug for hjælp", "1, ")), "", False),
        ("SV: Vand", part(f"Til orientering:\n\n{FORWARDED}"), "Til orientering:", True),
    ],
)  # fmt: skip
def test_a_cry_that_is_passed_on_is_heard_and_answers_nothing(
    subject: str, content: str, text: str, answers: bool
) -> None:
    found = told(content, subject=subject, answers=False)
    assert (found.text, not found.unreadable) == (text, answers)


def test_our_own_mail_passed_on_is_no_cry() -> None:
    ours = "Brug for hjælp ved diget\n\nSvar på denne mail med:\n  4 = liv i fare\n#K7\n\n"
    sent = "Sendt 23. november 2026 18:07, Krisestab. Gælder til 23. november 2026 20:07.\n"
    found = told(
        part(f"Kan du tage den?\n\n{FORWARDED.partition('Vi har')[0]}{ours}{sent}"),
        subject="VS: Brug for hjælp #K7",
    )
    assert (found.text, found.unreadable) == ("Kan du tage den?", "")


def test_an_answer_typed_behind_a_mark_is_one() -> None:
    assert [told(part(body)).text for body in ("> 1", ">hjælp os\n", "> 1 = kommer", "> 1\n> 2")] == [
        "1",
        "hjælp os",
        "",
        "",
    ]


def test_a_signature_alone_takes_nothing_from_the_subject() -> None:
    assert told(part("Mvh Vagten"), subject=f"1 {OURS}").text == "1\nMvh Vagten"
    assert told(part("Mvh Vagten"), subject=OURS).text == "Mvh Vagten"


def test_the_answer_is_read_without_the_signature_and_kept_with_it() -> None:
    found = told(part("1\n\nVagt\nTlf. 00000001"))
    assert (found.text, found.raw) == ("1", "1\n\nVagt\nTlf. 00000001")
    assert told(part("1")).raw == ""


GMAIL = parts(
    "alternative",
    part("👍\n\nVagt Vagtsen reagerede via Gmail <https://www.google.com/gmail/about/>"),
    part('{"emoji":"👍","version":1}', "text/vnd.google.email-reaction+json"),
    part("<p>👍</p>", "text/html"),
)


@pytest.mark.parametrize(
    "content",
    [
        GMAIL,
        GMAIL.replace("👍", "1️⃣"),
        GMAIL.replace("👍", "👎"),
        part(
            "Vagt Vagtsen reacted to your message:\n\n________________\nFra: Krisestab\nSendt: nu\nTil: Vagt\n"
        ),
        part("[👍] Vagt reacted 👎 to your message:\n> 1 = kommer"),
        part("Vagt Vagtsen har reageret på din mail:"),
        part("Liked your message"),
        part("Disliked an image"),
        part("Loved an image"),
        part("Liked “ØVELSE 1 = kommer”"),
        part("Disliked “ØVELSE 1 = kommer”"),
        part("Emphasized “ØVELSE 1 = kommer”"),
        part("Synes godt om “1 = kommer”"),
        part("Synes ikke godt om “1 = kommer”"),
        part("Synes ikke godt om din besked"),
        part("👎"),
    ],
)
def test_a_reaction_is_one_and_never_an_answer(content: str) -> None:
    found = told(content)
    assert (found.reaction, found.automatic, found.unreadable, found.in_reply_to) == (True, "", "", ATTEMPT)


@pytest.mark.parametrize(
    "text", ["Liked det ikke, kommer ikke", "1", "Jeg reagerede på din mail: kommer", "nej 👎"]
)
def test_words_are_no_reaction(text: str) -> None:
    found = told(part(text))
    assert not found.reaction
    assert read_answer(found.text, OPTIONS).kind is not Kind.REACTION


@pytest.mark.parametrize(
    ("text", "kind", "option"),
    [
        (
            "Se svar nedenfor\n\n> Vandet stiger\n> 1 = kommer\n\n1, jeg kommer\n\n> 2 = kommer ikke",
            Kind.OPTION,
            "1",
        ),
        ("ja jeg kommer punktum hilsen Hanne", Kind.OPTION, "1"),
        ("Hej,\nJeg har læst mailen og jeg kommer med det samme.\nMvh Hanne", Kind.OPTION, "1"),
        ("Jeg har læst mailen og jeg kommer ikke", Kind.OPTION, "2"),
        ("Tak - modtaget og noteret.\n\nMvh. Hanne", Kind.SEEN, ""),
        ("1\nVagt Vagtsen, 2. sal\n99 00 00 04", Kind.OPTION, "1"),
        ("1\nVagt Vagtsen, kommer ikke", Kind.UNREAD, ""),
        ("Vand overalt\nVagt Vagtsen, drukner", Kind.HELP, ""),
        ("Vand overalt\nVagt Vagtsen, fanget i kælderen", Kind.UNREAD, ""),
        ("Svarmulighed 1", Kind.OPTION, "1"),
        ("Punkt 2", Kind.OPTION, "2"),
        ("Hermed svar: 1", Kind.OPTION, "1"),
        ("Bo og jeg kommer", Kind.UNREAD, ""),
        ("Mailen er læst", Kind.UNREAD, ""),  # as programs say it
        ("1 - jeg tager pumpen fra depot 2 med", Kind.UNREAD, ""),
    ],
)
def test_what_is_clear_to_a_reader_is_an_answer(text: str, kind: Kind, option: str) -> None:
    found = told(part(text, "text/plain; charset=utf-8"), sender="Vagt Vagtsen <vagt@e.invalid>")
    read = read_answer(found.text, OPTIONS)
    assert (read.kind, read.option, found.doubtful, found.unreadable) == (kind, option, "", "")
    assert "kælderen" in found.text or "kælderen" not in text
