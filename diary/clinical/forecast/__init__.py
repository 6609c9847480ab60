"""When relief is likely to end: a window and a chance beside the state, never a state. For clinicians only."""

from diary.clinical.forecast.outlook import Forecast, Silent, forecast_of

__all__ = ["Forecast", "Silent", "forecast_of"]
