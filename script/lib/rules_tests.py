"""Which test holds which rule; that each of them is there is checked when the page of the rules is made."""

from typing import Final

OF_NUMBERS: Final = {
    "relief_percent": "test_the_line_lies_exactly_30_percent_below_the_baseline",
    "week_minimum": "test_four_of_seven_days_give_a_mean_and_three_do_not",
    "baseline_days": "test_seven_days_before_the_first_infusion_day_are_the_baseline",
    "baseline_minimum": "test_four_entries_of_seven_are_enough_and_three_are_not",
    "long_baseline_days": "test_the_fifteenth_day_before_does_not_count",
    "long_baseline_minimum": "test_six_entries_of_fourteen_are_enough_and_five_are_not",
    "carried_days": "test_a_baseline_is_carried_for_365_days_and_not_for_366",
    "kept_drop": "test_a_drop_of_exactly_1_point_is_measured_anew_and_a_little_more_is_kept",
    "lowest_baseline": "test_a_baseline_of_exactly_4_can_be_used_and_a_lower_one_cannot",
    "near_enters": "test_half_a_point_below_the_line_is_near",
    "near_leaves": "test_near_ends_below_a_full_point_under_the_line_and_not_on_it",
    "gap_minimum": "test_five_entries_of_a_fortnight_are_too_few",
    "weeks_percent": "test_weeks_defined_on_exactly_60_percent_of_the_days_are_enough",
    "late_days_counting": "test_an_entry_of_the_same_or_the_next_day_counts_and_a_later_one_does_not",
    "late_days_offered": "test_three_days_back_can_be_filled_in_and_four_cannot",
    "paper_counts": "test_a_clinic_may_switch_paper_off_even_when_it_was_on_time",
    "back_at_baseline": "test_back_at_baseline_needs_two_weeks_within_half_a_point_of_it",
    "liver_test_days": "test_a_liver_test_of_30_days_ago_is_known_and_one_of_31_days_is_missing",
    "short_confirm_last_day": "test_a_first_week_defined_on_day_11_is_judged_by_two_weeks",
    "eval_end": "test_it_is_too_early_to_judge_until_the_end_of_evaluation",
    "confirm_weeks": "test_a_short_acting_medicine_is_confirmed_by_its_first_week",
    "minimum_interval": "test_the_interval_is_over_on_day_0_plus_its_days",
    "courses_a_year": "test_six_courses_of_ketamine_within_a_year_leave_room_for_none",
    "prior_t50": "test_each_medicine_has_the_prior_of_the_table",
    "prior_log_sd": "test_each_medicine_has_the_prior_of_the_table",
    "waiting_time": "test_without_a_waiting_time_nothing_is_said_about_booking",
}

OF_DEFINITIONS: Final = {
    "counting entry": (
        "diary.clinical.scores._day_score",
        "test_an_entry_of_the_same_or_the_next_day_counts_and_a_later_one_does_not",
    ),
    "live score": ("diary.clinical.scores.live_scores", "test_the_last_written_revision_is_live_whatever_arrived_last"),
    "baseline": ("diary.clinical.baseline._measured", "test_seven_days_win_over_fourteen"),
    "carried baseline": (
        "diary.clinical.baseline._in_force",
        "test_the_age_counts_from_first_infusion_day_to_first_infusion_day",
    ),
    "kept baseline": (
        "diary.clinical.baseline._keeps",
        "test_a_patient_treated_again_while_relieved_keeps_the_baseline",
    ),
    "weekly mean": ("diary.clinical.weeks.Weeks.mean", "test_the_mean_of_a_week_is_exact"),
    "line": (
        "diary.clinical.rules.RuleSet.line",
        "test_a_mean_of_exactly_30_percent_less_than_7_is_on_the_line_and_a_tenth_more_is_over_it",
    ),
    "good week": ("diary.clinical.response.is_good", "test_a_week_exactly_on_the_line_is_good"),
    "confirmed": ("diary.clinical.response._confirmation", "test_two_good_weeks_confirm_a_response_on_day_14"),
    "due": ("diary.clinical.response._losses", "test_two_lost_weeks_after_the_confirmation_make_it_due"),
    "gap rule": (
        "diary.clinical.response._gap_is_lost",
        "test_six_entries_of_a_fortnight_stand_in_for_a_week_without_a_mean",
    ),
    "released": ("diary.clinical.response._losses", "test_two_good_weeks_after_the_loss_release_it"),
    "near": ("diary.clinical.response._near", "test_what_is_not_near_stays_so_between_the_two_borders"),
    "days of relief": (
        "diary.clinical.response._losses",
        "test_days_of_relief_end_with_the_last_good_week_before_the_loss",
    ),
}

OF_STATES: Final = {
    "NO_COURSE": "test_a_patient_without_a_course_has_no_course_yet",
    "IN_COURSE": "test_a_course_lasts_from_its_first_to_its_last_infusion_day",
    "NOT_ENOUGH_DATA: no_baseline": "test_without_a_baseline_it_cannot_be_said_even_while_settling",
    "NOT_ENOUGH_DATA: baseline_below_minimum": "test_a_low_baseline_cannot_be_used_from_day_1_on",
    "SETTLING": "test_days_1_to_6_are_settling_and_day_7_is_not",
    "REPEAT_DUE": "test_a_confirmed_loss_stays_when_the_diary_stops",
    "NOT_ENOUGH_DATA: few_entries": "test_too_few_entries_today_are_said_before_anything_about_the_response",
    "DUE_SOON": "test_a_response_near_the_line_is_due_soon",
    "HOLDING": "test_two_good_weeks_hold",
    "AWAITING_RESPONSE": "test_it_is_too_early_to_judge_until_the_end_of_evaluation",
    "NOT_ENOUGH_DATA: few_weeks": "test_too_few_weeks_are_said_before_a_good_one_among_them",
    "NEVER_SETTLED": "test_a_good_week_that_no_second_one_followed_is_relief_that_came_and_went",
    "NON_RESPONDER": "test_no_good_week_at_all_is_no_response",
}

OF_MARKS: Final = {
    "sparse_data": "test_a_loss_found_by_the_gap_rule_is_marked_as_long_as_it_is_in_force",
    "late_response": "test_a_response_confirmed_after_the_end_of_evaluation_is_late",
    "improved_later": "test_two_good_weeks_too_late_for_a_response_are_an_improvement_not_credited_to_it",
    "over_the_line": "test_over_the_line_says_by_how_much",
    "good_week_now": "test_a_good_week_while_due_is_marked_and_one_on_the_line_is_good",
    "stopped_writing": "test_a_patient_stopped_writing_after_seven_days_without_an_entry",
    "stopped_near_line": "test_a_diary_that_stopped_near_the_line_is_marked_with_its_last_mean",
    "depends_on_missing_days": "test_missing_days_are_filled_with_the_baseline_or_with_the_lowest_mean_so_far",
    "baseline_weak": "test_a_baseline_of_fourteen_days_or_carried_is_weak_and_says_its_age",
    "baseline_kept": "test_a_kept_baseline_says_its_age",
    "baseline_set": "test_a_baseline_set_by_hand_says_its_age",
    "inside_minimum_interval": "test_interval_and_limit_are_said_when_a_repeat_is_a_question",
    "yearly_limit": "test_the_limit_is_that_of_the_course_judged_and_counts_the_whole_substance",
    "liver_test_missing": "test_a_liver_test_is_asked_for_when_due_or_due_soon_and_not_for_a_wish",
    "patient_says_wearing_off": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "back_at_baseline": "test_back_at_baseline_is_for_a_confirmed_response_only",
    "regression_to_the_mean": "test_after_a_first_course_part_of_the_relief_is_regression_to_the_mean",
    "intercurrent_event": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "co_treatment_changed": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "course_planned": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "deferred_until": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "high_scores": "test_what_was_recorded_is_shown_with_its_date_and_changes_no_state",
    "book_by": "test_book_by_is_the_usual_end_of_relief_less_the_waiting_time",
}

OF_THE_WORKLIST: Final = {
    "Needs you": "test_the_reasons_stand_in_the_order_of_the_rules",
    "Decided, waiting": "test_on_the_day_of_its_next_step_a_decision_still_waits_and_the_day_after_it_is_back",
    "Nothing to do": "test_the_quiet_states_stand_in_the_order_of_the_rules",
    "Ties": "test_of_two_in_the_same_state_the_one_longest_in_it_comes_first",
}

OF_SILENCES: Final = {
    "no_course": "test_the_rules_are_asked_before_the_model",
    "no_baseline": "test_a_forecast_is_silent_when_the_rules_leave_nothing_to_forecast",
    "not_confirmed": "test_the_rules_are_asked_before_the_model",
    "lost": "test_the_rules_are_asked_before_the_model",
    "too_early": "test_a_forecast_is_silent_when_the_rules_leave_nothing_to_forecast",
    "too_late": "test_a_forecast_is_silent_when_the_rules_leave_nothing_to_forecast",
    "unlike_any_course": "test_a_forecast_is_silent_when_its_curves_say_too_little",
    "no_return_in_sight": "test_a_forecast_is_silent_when_its_curves_say_too_little",
    "wide_window": "test_a_forecast_is_silent_when_its_curves_say_too_little",
}

OF_BOOKING: Final = {
    "book by": "test_book_by_is_the_usual_end_of_relief_less_the_waiting_time",
    "no waiting time": "test_without_a_waiting_time_nothing_is_said_about_booking",
    "another state": "test_booking_is_spoken_of_while_relief_holds_is_close_to_the_line_or_lost",
    "planned": "test_a_planned_course_is_booked_already_and_one_that_passed_by_is_not",
    "no end": "test_with_one_finished_course_the_forecast_says_when_relief_ends",
}
