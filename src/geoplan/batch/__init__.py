"""Many cities: one after the other (`build`), or by the hundred with resume, many at a time (`run`)."""

from geoplan.batch.build import build, home_of

__all__ = ["build", "home_of"]
