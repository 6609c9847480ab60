"""What the figures mean, in plain words, for the page in the docs."""

from collections.abc import Mapping
from typing import Final

from diary.validation.followed import FOLLOWED
from diary.validation.forecast_figures import LONGER
from diary.validation.patients import OWN_LOG_SD, UNTIL_THE_NEXT

OPENING: Final = f"""\
Everything here is measured on diaries that Ebb simulated, but for the real ones named below. The cohorts have more
shapes of relief than the forecast knows: of the responders' courses 55 % go in an S-shape, 20 % exponentially, 10 %
in a straight line, 5 % from one day to the next, and 10 % last. Noise and gaps are as they were fitted on real
diaries (section 9 of the clinical rules). The rivals learn on one cohort, the figures come from another; courses
are followed to day {FOLLOWED}, about as long as one is watched before the next one, and a course is *finished* when
it was lost by then.

An interval holds the middle 95 % of 1,000 resamples of whole patients. A target is reached when the figure itself
reaches it and beats every rival on the same rows, wherever the interval ends.

**A lesson to keep in mind.** A cohort of our own making flatters a model of our own making. So the shapes are wider
than the model's, other worlds are tried below, and untreated diaries stand beside them. None of it is a trial on
patients."""

READINGS: Final = """\
## How the figures are read

- **True day of loss**: the first day from which the 7-day mean of the pain without the noise of single days (with
  what carries over from day to day, and with slow drift) stays above the clinic's line for 7 days. The line is the
  clinic's own, 70 % of the measured baseline.
- **Forecasts** are made on days 21, 35 and 56 of courses that are confirmed and were not due up to that day, with
  what was known then. Error, window and pinball loss are of finished courses, also where the product shows no
  window.
- **REPEAT_DUE, premature**: of all confirmed responses, those that became due more than 7 days before the 7-day
  mean without noise *first* lay above the line. Of a dozen readings that were tried, this is the one in which the
  rival, one 7-day mean over the line, gives the 22.6 % for which the target was set. Measured against the true day
  of loss, which asks for 7 such days, it is stricter: see "Losses in detail".
- **REPEAT_DUE, lag**: day due minus true day of loss, of confirmed responses that were truly lost while they were
  watched. It counts responses that were gone before they were confirmed; without them see "Losses in detail".
- **DUE_SOON, lead**: from the first day of the last run of DUE_SOON before the verdict to the verdict. Its false
  alarms are runs after which the verdict did not come within 35 days.
- **Response found**: of courses whose weeks that end on days 7 to 14 are all truly good (days 7 to 10 for a
  short-acting medicine), those confirmed by the last day on which it is too early to say that nothing came of it
  (day 28; 14). **False**: of courses with less than 20 % relief. The rival takes one good week on day 7, 14, 21 or
  28. Responses confirmed later carry a mark; with them see "Responses in detail". This reading was chosen in the
  same way: the rival gives about the 14.5 % of the rules in it.
- **Time**: median of 200 cases on one core with one thread.
- **Simulated trials**: medians over all of them; single trials vary, and the median of a hundred still does."""

WORDS: Final[Mapping[str, str]] = {
    "Targets": "",
    "The forecast in detail": f"""\
The rules cannot see the true day of loss; the day they find in the whole diary is the second measure. "Shown" is
the share of forecasts in which the product shows the window; it is silent when the window is wider than 90 days,
when more than half of its futures keep their relief, or when the diary is unlike any course it knows. The last
three rows follow courses to day {LONGER}.""",
    "The chance within 14 days in detail": """\
A Brier skill of 0 is that of always giving the usual share, 1 is certainty. The logistic regression knows only how
far the last weekly mean lies from the line, and learns each kind of event anew; the forecast is about the loss
itself, so it says it sooner than the verdict REPEAT_DUE can come.""",
    "Calibration": """\
On a third cohort: the forecast as it is, and with split conformal calibration on the finished courses of the first
one. On finished courses the calibration makes the window narrower and the pinball loss smaller, because it has
learnt that the loss comes while the course is watched. Nobody knows that beforehand: of all courses, also those
that last, more than twice the tenth that should be are then lost after the window or not at all, the pinball loss
is larger, and the chance within 14 days is worse. The product therefore ships the forecast as it is. `flask --app
wsgi diary backtest --calibrate` prints the 19 ranks of that calibration and this table.""",
    "Losses in detail": """\
Shares of all confirmed responses. A rule of one day calls most patients back too early, a rule of one week every
third or fourth.""",
    "Responses in detail": """\
Found: of courses that are truly relieved at first. False: of courses with less than 20 % relief. With slow drift
alone a diary can lie below its line for weeks, and a later look finds more of these.""",
    "Book by": f"""\
Days of pain between the true loss and the chair, of courses lost while they were watched, when the clinic asks for
a chair at the verdict, or by the advice (and at the verdict at the latest). A chair comes too early when it is more
than 7 days before the true loss; that is the price of the advice, as nobody here gives back a chair, though a
clinic can. The minimum interval of 42 days holds both ways. From the patient's own courses: third courses of
patients whose half times vary by a log SD of {OWN_LOG_SD} around their own one and who come back {UNTIL_THE_NEXT}
days after a loss; how much real patients vary is not known. From the forecast: first courses, the forecast made
anew every week (the product does it every day).""",
    "Other worlds": """\
Courses that are not as the forecast expects them, with rivals that learnt in the usual world. Relief that goes from
one day to the next is what the forecast is worst at: no diary announces it.""",
    "Untreated diaries": """\
Sham courses: every 60 days the rules are told of an infusion that was never given, and each such course is judged
by itself. Every response found here is false.""",
    "Courses given in real studies": """\
What the rules say at the end of each diary. Nobody knows here who truly responded, and no infusion was given.""",
    "The trial of 2009, simulated": """\
30 patients with ketamine, of whom 21 respond, and 30 with placebo, of whom 6 do, as in Sigtermans 2009: the
analysis of covariance of each week, not adjusted for the number of weeks, over many simulated trials.""",
}

NOT_MEASURED: Final = """\
Real untreated diaries: not measured in this run, as none were given (`--real NAME=FOLDER`, a folder in the study
format)."""
MEASURED: Final = """\
Real diaries: {names}. Long diaries are those with at least 74 days from the first entry to the last. Many of them
lie below a baseline of 4 points, under which the rules judge nothing, so they are judged a second time with the
lowest baseline that a clinic may choose. So few diaries say what can happen, not how often; fewer than ten are
given without an interval."""
