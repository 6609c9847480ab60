"""The application that a WSGI server and `flask --app wsgi` load, with settings from the environment."""

from diary.app import create_app
from diary.cli.erasures import replay_at_start
from diary.cli.refusing import refusals_told
from diary.schema import prepare_database
from diary.settings import Settings, keep_numbers_to_one_thread

with refusals_told():
    keep_numbers_to_one_thread()
    app = create_app(Settings.from_environment())
    prepare_database(app)
    replay_at_start(app)
