"""What can become of a message that is handed over, whichever way it takes."""

from datetime import timedelta

from diary.errors import DiaryError


class DeliveryProblem(DiaryError):
    """A message that was not taken; `why` names the class of the problem, `answer` what the server said.

    The answer of a server may repeat the address: it is for the operator's terminal, never for a log or a table.
    """

    def __init__(self, why: str, words: str, answer: str = "") -> None:
        super().__init__(f"{words} {answer}".strip())
        self.why = why


class Delayed(DeliveryProblem):
    """Not taken now: it may be tried again, not before `after` has passed where the server asked for that."""

    def __init__(self, why: str, words: str, answer: str = "", *, after: timedelta | None = None) -> None:
        super().__init__(why, words, answer)
        self.after = after or timedelta()


class NotReached(Delayed):
    """The server takes nothing at all now, whoever it is for."""


class PutOff(Delayed):
    """Nobody was asked: the server wanted to be left alone for a while, and `after` is what is left of it."""


class TurnedDown(DeliveryProblem):
    """This message will never be taken."""


class Gone(TurnedDown):
    """Nobody is there any more: the address or the subscription is dead, for this and every later message."""


class Unclear(DeliveryProblem):
    """The connection broke when all was said: the server may have taken the message, or not."""
