"""What would change the state, as it is said to a clinician."""

from datetime import date

from diary.clinical.states import State
from diary.clinical.what_would_change import By, Change
from diary.web.clinic.change_words import change_words


def change(days: int, by: By, score: int | None, state: State = State.DUE_SOON) -> Change:
    return Change(days, by, score, state, None, date(2026, 3, 20))


def test_a_change_is_said_with_its_days_its_scores_and_the_state_it_leads_to(app) -> None:
    with app.test_request_context():
        assert change_words(change(3, By.THIS_HIGH, 6)) == "3 more days of 6 or higher: Close to the line"
        assert change_words(change(1, By.THIS_LOW, 2, State.HOLDING)) == "1 more day of 2 or lower: Response holding"
        assert change_words(change(4, By.ANY_SCORE, None, State.SETTLING)) == "4 more days with an entry: Settling"
