"""A second, deliberately plain reading of the clinical rules, to hold beside the product's own.

It shares no code with the product, keeps nothing between days and works every number out from its
definition. `python -m tests.clinical.second_reading DIR --as-of DATE` runs it on a study folder.
"""

from tests.clinical.second_reading.diaries import read_study
from tests.clinical.second_reading.verdicts import verdicts

__all__ = ["read_study", "verdicts"]
