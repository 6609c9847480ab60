"""Delivery to browsers: pages for patients, for the clinic, and for whoever is not signed in."""

from flask import Flask

from diary.installation import installation
from diary.web import (
    again,
    assets,
    compression,
    converters,
    done,
    errors,
    guards,
    headers,
    large_files,
    request_log,
    resting,
    sessions,
    spoken,
    words,
)
from diary.web.account import blueprint as account
from diary.web.clinic import blueprint as clinic
from diary.web.patient import blueprint as patient
from diary.web.public import blueprint as public

LARGEST_FORM = 256 * 1024


def register(app: Flask) -> None:
    """Give `app` its pages; a page that declares no audience stops it from starting."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    with app.app_context():
        settings = installation().settings
    compression.register(app)  # first, so that it is the last to touch an answer
    converters.register(app)
    large_files.register(app)  # before the token of a form is looked for in it
    sessions.register(app, settings)
    spoken.register(app, settings)
    words.register(app)
    done.register(app)
    guards.register(app)
    headers.register(app, settings)
    resting.register(app)
    errors.register(app)
    for blueprint in (public, account, patient, clinic):
        app.register_blueprint(blueprint)
    assets.register(app, settings)
    again.register(app)
    request_log.register(app, settings)  # last, so that it stands around everything else
    guards.check_audiences(app)
