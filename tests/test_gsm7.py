"""The GSM alphabet: what fits it, how it packs, and that it comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.codecs import gsm7
from hardware.errors import CodecError

ALPHABET = [chr(n) for n in range(0x2100) if gsm7.fits(chr(n))]


@pytest.mark.parametrize(
    ("sign", "septets"),
    [("å", "0F"), ("Å", "0E"), ("æ", "1D"), ("Æ", "1C"), ("ø", "0C"), ("Ø", "0B"), ("é", "05"), ("É", "1F"),
     ("@", "00"), ("€", "1B65"), ("^", "1B14"), ("{", "1B28"), ("}", "1B29"), ("\\", "1B2F"), ("[", "1B3C"),
     ("~", "1B3D"), ("]", "1B3E"), ("|", "1B40"), ("\f", "1B0A")],
)  # fmt: skip
def test_a_sign_has_its_septets(sign: str, septets: str) -> None:
    assert gsm7.encode(sign).hex().upper() == septets
    assert gsm7.decode(bytes.fromhex(septets)) == sign


@pytest.mark.parametrize(
    "sign", ["“", "–", "—", "…", "\u00a0", "\t", "´", "ê", "ë", "á", "í", "ó", "ú", "ç", "\x1b", "\x1a"]
)
def test_a_sign_outside_the_alphabet_is_named(sign: str) -> None:
    with pytest.raises(CodecError, match=f"U\\+{ord(sign):04X}"):
        gsm7.encode(f"Rød {sign}")


def test_the_alphabet_has_127_basic_and_10_extended_signs() -> None:
    assert len(ALPHABET) == 127 + 10


@pytest.mark.parametrize(("septets", "text"), [("1B1B61", " a"), ("611B", "a "), ("1B61", "a")])
def test_a_broken_escape_loses_no_other_sign(septets: str, text: str) -> None:
    assert gsm7.decode(bytes.fromhex(septets)) == text


@given(st.text(st.sampled_from(ALPHABET), max_size=160), st.integers(0, 6))
def test_text_comes_back_after_packing(text: str, fill_bits: int) -> None:
    septets = gsm7.encode(text)
    packed = gsm7.pack(septets, fill_bits=fill_bits)
    assert len(packed) == (fill_bits + 7 * len(septets) + 7) // 8
    assert gsm7.decode(gsm7.unpack(packed, len(septets), fill_bits=fill_bits)) == text


@given(st.binary(max_size=200), st.integers(0, 255))
def test_random_octets_raise_only_codec_error(octets: bytes, count: int) -> None:
    for action in (lambda: gsm7.decode(octets), lambda: gsm7.decode(gsm7.unpack(octets, count))):
        try:
            action()
        except CodecError:
            continue
