"""Inbound mails taken apart, whoever wrote them: encodings, charsets, nesting, and bounds on all of it."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email_kind import judge
from channels.email_mime import MOST_PARTS, decoded_words, fields_of, letter

DANISH = "Æblevej 5: på vej, 100 €"


def text(raw: bytes) -> str:
    return judge(letter(raw)).text


@pytest.mark.parametrize(
    ("charset", "octets"),
    [
        ("utf-8", DANISH.encode()),
        ("iso-8859-15", DANISH.encode("iso-8859-15")),
        ("windows-1252", DANISH.encode("cp1252")),
        ("us-ascii", DANISH.encode()),  # a lie
        ("iso-8859-1", DANISH.encode()),  # a lie
        ("windows-1252", DANISH.encode()),  # a lie
        ("utf-8", DANISH.encode("cp1252")),  # a lie
        ("x-unknown", DANISH.encode()),
        ("", DANISH.encode()),
        ("punycode", DANISH.encode()),  # no charset, and slow
        ("unicode_escape", DANISH.encode()),
        ("rot13", DANISH.encode()),
        ("utf-16", DANISH.encode("utf-16")),
        ("no\0name", DANISH.encode()),
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable", "BASE64 ", "x-unknown"])
def test_a_text_is_read_whatever_its_charset_claims(charset: str, octets: bytes, encoding: str) -> None:
    coded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
    body = coded.get(encoding.strip().lower(), bytes)(octets)
    head = f'Content-Type: text/plain; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    assert text(head.encode() + body).strip() == DANISH


@pytest.mark.parametrize(
    ("head", "body", "read"),
    [
        ("", "HJ=C6LP=\n!", "HJÆLP!"),
        ("", "id=AB12 p=E5 Åvej", "id=AB12 p=E5 Åvej"),  # its octets are no quoted-printable
        ("", "1 =20 a=1", "1 =20 a=1"),
        ("Content-Transfer-Encoding: 7bit\n", "HJ=C6LP", "HJ=C6LP"),
    ],
)
def test_a_text_without_its_encoding_is_quoted_printable_where_it_looks_so(
    head: str, body: str, read: str
) -> None:
    assert text(f"Content-Type: text/plain; charset=iso-8859-1\n{head}\n{body}".encode()).strip() == read


def test_the_first_text_of_a_nested_mail_is_found_and_attachments_are_not() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n"
        b"Content-Type: multipart/alternative; boundary=ab\n\n"
        b"--ab\nContent-Type: text/plain\n\nKommer\n--ab\nContent-Type: text/html\n\n<p>Kommer</p>\n--ab--\n"
        b'--a\nContent-Type: application/ms-tnef; name="winmail.dat"\n\nxx\n--a--\nepilogue'
    )
    assert [part.content_type for part in letter(raw).parts] == [
        "text/plain",
        "text/html",
        "application/ms-tnef",
    ]
    assert text(raw) == "Kommer"
    assert (
        text(raw.replace(b"application/ms-tnef;", b"text/plain\nContent-Disposition: attachment;"))
        == "Kommer"
    )


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("=?utf-8?b?w4ZibGV2ZWo=?=", "Æblevej"),
        ("=?iso-8859-1?q?P=E5?= =?iso-8859-1?q?_vej?=", "På vej"),
        ("=?utf-8?b?w4ZibGV2ZWo?=", "Æblevej"),
        ("=?x-none?q?a?= b", "a b"),
        ("=?utf-8?b?////", "=?utf-8?b?////"),
        ("Emne=0D=0ABcc: x", "Emne=0D=0ABcc: x"),
        ("=?utf-8?q?Emne=0D=0ABcc:_x?=", "Emne Bcc: x"),
    ],
)
def test_encoded_words_are_read_on_one_line(value: str, decoded: str) -> None:
    assert decoded_words(value) == decoded


def test_fields_are_unfolded_and_what_is_none_is_passed_over() -> None:
    fields = fields_of("Subject: a\r\n b\r\n\tc\r\nnonsense\r\nX : y\r\nsubject: d\r\n")
    assert fields == {"subject": ("a b c", "d"), "x": ("y",)}


MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
HOSTILE = {
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
    "itself": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 9_999,
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "fields": b"X: y\n" * 10_000 + b"\n1",
    "folds": b"Subject: a\n" + b" b\n" * 300_000,
    "parameters": b"Content-Type: text/plain" + b';a="' * 2_000 + b"\n\nx",
    "words": b"Subject: " + b"=?utf-8?b?" * 300 + b"\n\nx",
    "texts": MIXED + b"".join(b"--b\n\n" + b"a b " * 2_500 + b"%d\n" % n for n in range(95)),
    "pages": MIXED + (b"--b\nContent-Type: text/html\n\n" + b"<p>" * 3_000) * 90,
    "forms": MIXED
    + b"".join(
        b"--b\nContent-Type: multipart/alternative; boundary=c%d\n\n--c%d\n\n%s%d\n"
        b"--c%d\nContent-Type: text/html\n\n<p>%d</p>%s\n"
        % (n, n, b"Mvh Bo\n" * 3_000, n, n, n, b"Mvh Bo<br>" * 2_000)
        for n in range(49)
    ),
    "equals": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 900_000,
    "base64": b"Content-Transfer-Encoding: base64\n\nQ",
    "nul": b"\0" * 100_000,
    "bare cr": b"\r" * 100_000,
    "bare lf": b"\n" * 100_000,
    "no boundary": b'Content-Type: multipart/mixed; boundary=""\n\n--\n\nx',
    "8 bit": b"Subject: \xff\xfe\nFrom: \xe6 <\xe6@b>\n\n\xff",
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_bounded(name: str) -> None:
    mail = letter(HOSTILE[name])
    assert len(mail.parts) <= MOST_PARTS
    assert len(judge(mail).text) <= 1_000_000


@given(
    st.lists(
        st.sampled_from(
            [b"--b", b"\n", b"\r\n", b"Content-Type: multipart/mixed; boundary=b", b"--", b"x", b" ", b"=?"]
        )
    )
)
def test_no_mail_makes_it_fail(pieces: list[bytes]) -> None:
    assert judge(letter(b"".join(pieces))).kind
