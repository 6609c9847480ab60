"""Logs: events on stderr, one JSON object a line, without a word of anyone's health."""

import sys

import structlog


def configure_logs() -> None:
    """Write levels, moments and plain tracebacks; never the values that a failing line held."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
