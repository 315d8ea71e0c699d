"""A notice says what the number in an answer means, and not which question it answers."""

import pytest

from messages.answer_meaning import meaning, without_its_code

OPTIONS = (("1", "alt ok"), ("4", "liv i fare"))


@pytest.mark.parametrize(
    ("text", "said", "means"),
    [
        ("4", "4", ("4", "liv i fare")),
        ("#K7 4", "4", ("4", "liv i fare")),
        ("K7: 4!", "4!", ("4", "liv i fare")),
        ("4 ilt mangler", "4 ilt mangler", ("4", "liv i fare")),
        ("4, vi har brug for ilt", "4, vi har brug for ilt", ("4", "liv i fare")),
        ("LIV I FARE ved broen", "LIV I FARE ved broen", ("", "")),
        ("#P4 BRUG FOR HJÆLP", "BRUG FOR HJÆLP", ("", "")),
        ("vi er 4 her", "vi er 4 her", ("", "")),
        ("7", "7", ("", "")),
        ("#K7", "#K7", ("", "")),
        ("", "", ("", "")),
    ],
)
def test_what_a_number_means_is_said_where_the_words_do_not(
    text: str, said: str, means: tuple[str, str]
) -> None:
    assert without_its_code(text, "K7") == said
    assert meaning(text, OPTIONS, code="K7") == means
