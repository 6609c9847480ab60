"""The application that a WSGI server and `flask --app wsgi` load, with settings from the environment."""

import os

from diary.app import create_app
from diary.schema import prepare_database
from diary.settings import Settings

# The first forecast loads numerical libraries; more threads than one make its small matrices ten times slower.
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

app = create_app(Settings.from_environment())
prepare_database(app)
