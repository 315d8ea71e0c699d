"""What is understood, and answers something else than was asked: it ends no asking, and a person says what it is worth.

Who writes `kommer` where nobody asked whether they come, or `ja` where a number was asked for, has perhaps answered
another question. To ask them again costs one text; to count it leaves a question that looks answered.
"""

from gateway.marks import ASKS
from gateway.store.questions import Question
from messages.answer import Kind, read_answer
from messages.answer_number import NUMBER_KEY

ASIDE = "it answers something else than was asked"
_COMING = (("1", "kommer"), ("2", "kommer ikke"))
_YES = frozenset({Kind.YES, Kind.SEEN})


def answers_aside(question: Question, text: str) -> bool:
    """Yes or no where a number is asked for; coming or not where no answer that is offered is a yes, or a no."""
    offered, kind = question.alert.answers, question.read(text).kind
    if question.submitter == ASKS or not offered or kind not in {Kind.YES, Kind.NO}:
        return False
    if asks_number(question):
        return True
    if read_answer(text, _COMING, code=question.code).kind is not Kind.OPTION:
        return False
    same = _YES if kind is Kind.YES else {Kind.NO}
    return not any(read_answer(meaning, ()).kind in same for _, meaning in offered)


def only_received(question: Question, text: str) -> bool:
    """`modtaget` to a question for a number: it was seen, as a thumb says, and the number is still to come."""
    return asks_number(question) and question.read(text).kind is Kind.SEEN


def asks_number(question: Question) -> bool:
    return any(key == NUMBER_KEY for key, _ in question.alert.answers)
