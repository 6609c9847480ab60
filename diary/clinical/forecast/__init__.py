"""When relief is likely to end: a window and a chance beside the state, never a state. For clinicians only."""

from diary.clinical.forecast.calibration import Calibration
from diary.clinical.forecast.outlook import Forecast, Silent, forecast_of, losses_of

__all__ = ["Calibration", "Forecast", "Silent", "forecast_of", "losses_of"]
