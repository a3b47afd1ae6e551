"""What lies under the map: a picture inside the page, or tiles that it asks a host for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.show.basemap import raster_basemap
from geoplan.show.tiles import tile_source

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.assessment import Assessment


def page_pictures(
    result: Assessment, *, tiles: str | None, raster: str | Path | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the page's script needs to draw them, and the hosts that its policy must name.

    Raises
    ------
    GeoplanError
        When the address is none of tiles, or the picture cannot be read.
    """
    pictures: dict[str, Any] = {}
    origins: tuple[str, ...] = ()
    if raster is not None:
        picture = raster_basemap(raster, bounds=result.city.communes.total_bounds)
        pictures["raster"] = {
            "uri": picture.data_uri,
            "bounds": [[picture.south, picture.west], [picture.north, picture.east]],
            "source": picture.source,
        }
    if tiles is not None:
        source = tile_source(tiles)
        origins = source.origins
        pictures["tiles"] = {
            "url": source.url,
            "subdomains": list(source.subdomains),
            "hosts": [origin.split("://", 1)[1] for origin in origins],
        }
    return pictures, origins
