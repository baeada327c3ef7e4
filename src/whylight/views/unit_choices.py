"""What the widget offers groups to be made of: tiles of a picture, blocks of a volume. Knows nothing of views."""

from importlib.util import find_spec
from typing import Any, NamedTuple

from whylight.views.units import tile_side


class UnitChoice(NamedTuple):
    """What groups can be made of: as `units=` takes it, and in words."""

    spec: Any
    label: str
    hint: str = ""


def area_choices(shape: tuple[int, ...]) -> list[UnitChoice]:
    """Those of a picture `(H, W)` or a volume `(D, H, W)`, the usual one first."""
    usual = tile_side(*shape)
    if len(shape) > 2:
        cubes = [
            UnitChoice(side, f"Cubes of {side}", "Cubes of so many places") for side in (usual, usual // 2) if side
        ]
        return [UnitChoice(None, "Large blocks", "Some two hundred blocks, as long one way as another"), *cubes]
    sides = [side for side in (usual * 2, usual // 2) if 0 < side < max(shape)]
    made = [UnitChoice(side, _tiles(side or usual), "Square tiles") for side in (None, *sides)]
    if find_spec("skimage"):
        made.append(UnitChoice("slic", "Superpixels", "Areas of similar colour (SLIC)"))
    return made


def _tiles(side: int) -> str:
    return f"Tiles of {side} pixels" if side > 1 else "Single pixels"
