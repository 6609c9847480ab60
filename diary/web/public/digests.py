"""What the links of the morning mail open without a sign-in: an address to confirm, and an end of mails."""

from flask import render_template
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services import digest_links
from diary.web.guards import Audience, open_to
from diary.web.public import blueprint
from diary.web.public.secret_links import keep_out_of_search
from diary.web.sessions import csrf


@blueprint.get("/digest/confirm/<token>", endpoint="confirm_digest")
@open_to(Audience.EVERYONE)
def show_confirm(token: str) -> ResponseReturnValue:
    """Ask whether the counts may come to the address that the link was sent to."""
    keep_out_of_search()
    digest_links.open_confirm_link(token, clock=installation().clock)
    return render_template("digests/confirm.html", token=token, done=False)


@blueprint.post("/digest/confirm/<token>", endpoint="confirm_digest_now")
@open_to(Audience.EVERYONE)
def confirm(token: str) -> ResponseReturnValue:
    """Take the yes."""
    keep_out_of_search()
    digest_links.confirm_address(token, clock=installation().clock)
    return render_template("digests/confirm.html", token=token, done=True)


@blueprint.get("/digest/stop/<token>", endpoint="stop_digest")
@open_to(Audience.EVERYONE)
def show_stop(token: str) -> ResponseReturnValue:
    """Ask whether the mails are to stop; a program that opens every link of a mail stops nothing."""
    keep_out_of_search()
    digest_links.open_stop_link(token)
    return render_template("digests/stop.html", token=token, done=False)


@blueprint.post("/digest/stop/<token>", endpoint="stop_digest_now")
@open_to(Audience.EVERYONE)
def stop(token: str) -> ResponseReturnValue:
    """Stop them: a mail program sends this by itself (RFC 8058), and has no token of a form."""
    keep_out_of_search()
    digest_links.stop_mails(token, clock=installation().clock)
    return render_template("digests/stop.html", token=token, done=True)


csrf.exempt(stop)
