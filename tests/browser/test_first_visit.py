"""What a patient's first visit costs on a slow line."""

MOST = 60_000
"""Bytes over the wire from the sign-in page to the question."""


def test_the_first_visit_is_light(visitors, capsys):
    page = visitors.with_a_phone()
    wire = page.context.new_cdp_session(page)
    came: list[float] = []
    wire.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    visitors.sign_in(page, "patient")
    page.wait_for_url("**/today")
    page.wait_for_load_state("networkidle")
    with capsys.disabled():
        print(f" {sum(came) / 1024:.1f} KiB in {len(came)} answers", end="")
    assert len(came) >= 4
    assert sum(came) <= MOST


def test_a_patients_page_needs_no_script(visitors):
    page = visitors.with_a_phone("patient")
    for address in ("/today", "/diary", "/me"):
        page.goto(address)
        assert not [
            asked for asked in visitors.requests if asked.split("?")[0].endswith(("plotly-basic.min.js", "chart.js"))
        ]
