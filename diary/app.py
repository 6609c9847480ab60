"""The application: the order of assembly and nothing else."""

from flask import Flask

from diary import cli, models, web
from diary.clock import clock_from
from diary.db import connection_options, db, prepare_engine
from diary.installation import Installation
from diary.logs import configure_logs
from diary.security.passwords import Passwords
from diary.security.secret_keys import SecretKeys, keep_what_verifies
from diary.settings import ROOT, Settings
from diary.statements import watch_statements
from diary.web.application import Application


def create_app(settings: Settings | None = None) -> Flask:
    """Assemble the application; settings come from the environment unless they are handed in."""
    settings = settings or Settings.from_environment()
    settings.check()
    configure_logs()
    keep_what_verifies(settings)
    app = Application("diary", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(SecretKeys.of(settings).others),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # an error names the statement, never what was stored
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, **connection_options(settings.database_url)},
    )
    Installation(settings, clock_from(settings.clock_file), Passwords(settings.password_cost)).put_into(app)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        watch_statements(db.engine, slow_ms=settings.slow_query_ms)
    web.register(app)
    cli.register(app)
    return app


__all__ = ["create_app", "models"]
