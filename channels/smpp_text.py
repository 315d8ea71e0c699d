"""Texts of SMPP messages: data_coding, the user data header, and the parts of a long one. Pure.

With data_coding 0 the message centre's own alphabet is meant. Ours is GSM 03.38, one octet a septet, as most have it.
What arrives with octets that no septet has is UTF-8 where it can be, which nothing else is by accident, else Latin-1: a
wrong letter is better than no answer. What is no UTF-16 becomes U+FFFD, so that the rest is not lost with it.
Sources: SMPP v3.4 5.2.19 (data_coding), 5.2.12 (esm_class), 5.3.2.22 to 24 (sar_*); 3GPP TS 23.040 9.2.3.24.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from channels.smpp_pdu import Deliver, Tag
from hardware.codecs import gsm7, tpdu, userdata
from hardware.codecs.userdata import DCS_UCS2, Alphabet, UserData
from hardware.errors import CodecError
from messages.render import Size

UDHI = 0x40  # of esm_class: a user data header stands before the text
_CHARSETS = {6: "iso8859-5", 7: "iso8859-8"}
_LATIN = frozenset({1, 3})  # 1 is ASCII; some mean Latin-1
_OCTETS = frozenset({2, 4})


@dataclass(frozen=True, slots=True)
class Part:
    """What differs from one submit_sm of a text to the next."""

    octets: bytes
    data_coding: int
    esm_class: int = 0
    options: tuple[tuple[int, bytes], ...] = ()


def measure(text: str, *, wide: bool = False) -> Size:
    """Parts and octets as they go over the air; a part costs one."""
    size = tpdu.measure(text, wide=wide)
    return Size(parts=size.parts, octets=size.octets, cost=size.parts)


def parts_of(text: str, *, reference: int, way: str) -> tuple[Part, ...]:
    """The parts of a text, tied together by `way`: udh8, udh16 or sar. CodecError for half a character."""
    wide = way == "udh16"
    contents = tpdu.contents_of(text, reference=reference & (0xFFFF if wide else 0xFF), wide=wide)
    if way != "sar" or len(contents) == 1:
        return tuple(_with_header(content) for content in contents)
    return tuple(
        Part(_body(content), content.dcs, options=_sar(reference, len(contents), number))
        for number, content in enumerate(contents, start=1)
    )


def _with_header(content: UserData) -> Part:
    if not content.header:
        return Part(_body(content), content.dcs)
    header = bytes([len(content.header)]) + content.header
    return Part(header + _body(content), content.dcs, UDHI)


def _body(content: UserData) -> bytes:
    return userdata.encode_ucs2(content.text) if content.dcs == DCS_UCS2 else gsm7.encode(content.text)


def _sar(reference: int, total: int, number: int) -> tuple[tuple[int, bytes], ...]:
    return (
        (Tag.SAR_MSG_REF_NUM, (reference & 0xFFFF).to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, bytes([total])),
        (Tag.SAR_SEGMENT_SEQNUM, bytes([number])),
    )


def read(message: Deliver, *, data_coding_0: str) -> tuple[str, tuple[int, int, int] | None]:
    """The text of a message from a phone, '' for octets that are none, and which part of a longer one it is.

    CodecError when its header is cut short.
    """
    octets, header = message.octets, b""
    if message.esm_class & UDHI:
        header = userdata.header_of(octets)
        octets = octets[1 + len(header) :]
    concat = UserData(header=header).concat
    part = (concat.reference, concat.total, concat.number) if concat else _segment(message.options)
    part = part if part and part[1] > 1 else None
    return _decode(octets, message.data_coding, data_coding_0, part=part is not None), part


def _segment(options: Mapping[int, bytes]) -> tuple[int, int, int] | None:
    """All three, or none of them counts (5.3.2.22)."""
    tags = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    reference, total, number = (int.from_bytes(options.get(tag, b"")[:2], "big") for tag in tags)
    return (reference, total, number) if 1 <= number <= total <= 255 and tags[0] in options else None


def _decode(octets: bytes, data_coding: int, data_coding_0: str, *, part: bool) -> str:
    if data_coding in _CHARSETS:
        return octets.decode(_CHARSETS[data_coding], "replace")
    if data_coding in _LATIN or (data_coding == 0 and data_coding_0 == "latin1"):
        return _utf8_or_latin(octets)
    kind = Alphabet.OCTETS if data_coding in _OCTETS else userdata.alphabet(data_coding)
    if kind is Alphabet.OCTETS:
        return ""
    if kind is Alphabet.UCS2:
        return _ucs2(octets, part=part)
    try:
        return gsm7.decode(octets)
    except CodecError:
        return _utf8_or_latin(octets)


def _ucs2(octets: bytes, *, part: bool) -> str:
    """Big endian, unless it says of itself that it is not, or two units and more all end in 0: nobody writes so."""
    if octets.startswith(codecs.BOM_UTF16_LE) or (len(octets) >= 4 and not any(octets[1::2])):
        return octets.decode("utf-16-le", "replace").removeprefix("\ufeff")
    text = userdata.decode_ucs2_part(octets) if part else userdata.decode_ucs2(octets)
    return text.removeprefix("\ufeff")


def _utf8_or_latin(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
