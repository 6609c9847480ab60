"""How far the forecast looks."""

from typing import Final

FIRST_DAY: Final = 14
"""First day t on which the forecast may speak."""
LAST_DAY: Final = 180
"""Last day t on which the forecast may speak."""
HORIZON: Final = 180
"""Days ahead in which a loss is looked for."""
SOON: Final = 14
"""Days ahead of the chance that is given beside the window."""
LAST_DAY_SEEN: Final = LAST_DAY + HORIZON + 7
"""A loss on the last day of the horizon is seen in the week after it."""
