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
