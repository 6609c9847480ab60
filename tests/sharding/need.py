"""After a run of all tests: it names the exceptions from the guard that no test needed."""

from typing import Any

import pytest

from tests.sharding.across import ACROSS
from tests.sharding.guard import GUARD


class Need:
    """Gathers from every process what was needed."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process that ended has needed."""
        GUARD.needed.update(getattr(node, "workeroutput", {}).get("across", []))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Hand it on, or judge the list where all processes have ended."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["across"] = sorted(GUARD.needed)
        elif exitstatus == 0 and is_whole(session.config):
            self.unneeded = sorted(set(ACROSS) - GUARD.needed)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what can go."""
        for place in getattr(self, "unneeded", []):
            terminalreporter.line(f"No test needed {place}: take it out of tests/sharding/across.py.", red=True)


def is_whole(config: pytest.Config) -> bool:
    """Say whether all tests were asked for."""
    return config.args == ["tests"] and not config.option.keyword and not config.option.ignore
