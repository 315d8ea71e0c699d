"""The codes of questions: none is a word or a number, and each is found however it is typed."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.answer import DIGITS, LETTERS, code_of, codes, find_code, read_answer

STAFF = (("1", "kommer"), ("2", "kommer ikke"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#K7", "K7"),
        ("k7", "K7"),
        ("# k 7", "K7"),
        ("1 #k7.", "K7"),
        ("svar på K7: 1", "K7"),
        ("1, K7.", "K7"),
        ("1 k7\n\nMvh Hans", "K7"),
        ("vi mangler 2 A7 kabler", ""),
        ("#K7 og #L2", "K7"),
        ("K7 #L2", "L2"),
        ("#A2C", "A2C"),
        ("", ""),
        ("1", ""),
        ("kl. 7", ""),
        ("K77", ""),
        ("OK7", ""),
        ("#7K", ""),
        ("#I1", ""),
    ],
)
def test_a_code_is_found_however_it_is_typed(text: str, code: str) -> None:
    assert find_code(text) == code


def test_all_codes_differ_and_the_first_have_two_signs() -> None:
    first = list(islice(codes(), 20_000))

    assert len(set(first)) == len(first)
    assert {len(code) for code in first[:128]} == {2}
    assert first[127:129] == ["Y9", "A2A"]


@given(st.integers(0, 10**9))
def test_a_code_is_found_again_in_an_answer(number: int) -> None:
    code = code_of(number)

    assert find_code(f"1 #{code.lower()}") == code
    assert find_code(f"svar 2 {code}") == code
    assert read_answer(f"2 #{code}", STAFF).option == "2"
    assert read_answer(f"{code} 2", STAFF, code=code).option == "2"


def test_no_sign_of_a_code_is_mistaken_for_another() -> None:
    for alike in ("0ODQ", "1I", "2Z", "5S", "6G", "8B", "UV"):
        assert len(set(alike) & set(LETTERS + DIGITS)) <= 1, alike


def test_a_number_below_zero_has_no_code() -> None:
    with pytest.raises(ValueError, match="from 0"):
        code_of(-1)
