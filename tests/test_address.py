"""Only addresses on the allow-list become an Address; what it prints is read back as the same."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.address import Address, AddressError, parse_address

numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
atoms = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}", fullmatch=True)
mailboxes = st.builds(
    lambda local, domain: f"{'.'.join(local)}@{'.'.join(domain)}",
    st.lists(atoms, min_size=1, max_size=3),
    st.lists(labels, min_size=2, max_size=4),
)
addresses = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(["sms", "tel"]), numbers),
    mailboxes.map("mailto:{}".format),
    st.from_regex(r"sds:(group:)?[0-9]{1,8}", fullmatch=True),
    st.from_regex(r"sbd:(provisioned|[0-9]{15}|RB[0-9]{7})", fullmatch=True),
    st.from_regex(r"mqtt:[a-z0-9æøå][a-z0-9æøå/-]{0,30}", fullmatch=True),
    st.from_regex(r"paper:[A-ZÆØÅa-zæøå0-9 ,.]{1,30}", fullmatch=True),
    st.from_regex(r"peer:[a-z0-9.-]{1,30}", fullmatch=True),
    st.from_regex(r"loopback:[a-z0-9._-]{1,30}", fullmatch=True),
)


@given(addresses)
def test_an_address_is_the_same_after_printing_and_reading(uri: str) -> None:
    address = parse_address(uri)

    assert str(address) == uri
    assert parse_address(str(address)) == address


@given(
    st.text(max_size=40)
    | st.builds("{}:{}".format, st.sampled_from(["sms", "mailto", "mqtt", "paper"]), st.text(max_size=20))
)
def test_any_text_is_an_address_in_one_form_or_an_address_error(text: str) -> None:
    with suppress(AddressError):  # anything else is an error
        address = parse_address(text)
        assert parse_address(str(address)) == address
        assert address.value.isprintable()


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sms:+45 00 00 00 01", Address("sms", "+4500000001")),
        ("SMS:+45-00.00(00)01", Address("sms", "+4500000001")),
        ("tel:+4500000001", Address("tel", "+4500000001")),
        ("mailto:Vagt@Eksempelkommune.INVALID", Address("mailto", "Vagt@eksempelkommune.invalid")),
        ("mailto:a@xn--bndbrd-xxa.invalid", Address("mailto", "a@xn--bndbrd-xxa.invalid")),
        ("sds:3990001", Address("sds", "3990001")),
        ("sds:group:3990001", Address("sds", "group:3990001")),
    ],
)
def test_an_address_is_kept_in_the_one_form_that_channels_use(uri: str, address: Address) -> None:
    assert parse_address(uri) == address


@pytest.mark.parametrize(
    "number",
    [
        '+4512345678"\rAT+CMGD=1,4\r',
        "+4512345678\x1a",
        "*#06#",
        "**21*+4500000001#",
        "+45123456789012345678",
        "٤٥١٢٣٤٥٦",
        "+45１２３４５６７８",
        "+4512345678,129",
        "+4512345678;ext=1",
        "+4512345678\n",
        "12345678",
        "+0012345678",
        "",
        "112",
        "+112",
        "1-1-2",
        "(1)12",
        "911",
    ],
)
@pytest.mark.parametrize("scheme", ["sms", "tel"])
def test_nothing_but_an_international_number_reaches_a_modem(scheme: str, number: str) -> None:
    with pytest.raises(AddressError):
        parse_address(f"{scheme}:{number}")


@pytest.mark.parametrize(
    "mailbox",
    [
        "a@eksempel.invalid\r\nRCPT TO:<b@eksempel.invalid>",
        '"a\r\n.\r\nMAIL FROM:<x>"@eksempel.invalid',
        '"a b"@eksempel.invalid',
        "a@[127.0.0.1]",
        "a@eksempel..invalid",
        "a@eksempel.invalid.",
        "a@localhost",
        "a@-eksempel.invalid",
        "a@bånd.invalid",
        "å@eksempel.invalid",
        ".a@eksempel.invalid",
        "a..b@eksempel.invalid",
        "a,b@eksempel.invalid",
        "<a@eksempel.invalid>",
        "@b.invalid:a@eksempel.invalid",
        "a@eksempel.invalid?bcc=b@eksempel.invalid",
        "a@eksempel.invalid\x00",
        f"{'a' * 65}@eksempel.invalid",
        f"a@{'b' * 64}.invalid",
        f"a@{'b.' * 130}invalid",
        "eksempel.invalid",
        "",
    ],
)
def test_a_mailbox_is_exactly_one_plain_recipient(mailbox: str) -> None:
    with pytest.raises(AddressError):
        parse_address(f"mailto:{mailbox}")


@pytest.mark.parametrize(
    "uri",
    [
        "vagt",
        "",
        ":",
        "http://eksempel.invalid",
        "sms",
        "sds:123456789",
        "sds:*1",
        "sbd:30012501000000",
        "mqtt:#",
        "mqtt:a/+/b",
        "mqtt:$SYS/x",
        "mqtt:/a",
        "mqtt:a\x00",
        "mqtt:a\u202eb",
        "mqtt:a\u2028b",
        "paper:a\nb",
        "paper:\u202eb",
        "paper:a\u200bb",
        "paper:a\u0085b",
        "peer:a/b",
        "loopback:a b",
    ],
)
def test_everything_else_is_refused(uri: str) -> None:
    with pytest.raises(AddressError):
        parse_address(uri)


@pytest.mark.parametrize(
    ("uri", "example"),
    [
        ("sms:+4500000001", True),
        ("tel:+4500000001", True),
        ("sms:+4512345678", False),
        ("mailto:vagt@eksempelkommune.invalid", True),
        ("mailto:vagt@invalid.dk", False),
        ("sds:3990001", False),
    ],
)
def test_an_example_is_known_as_one(uri: str, example: bool) -> None:
    assert parse_address(uri).is_example is example
