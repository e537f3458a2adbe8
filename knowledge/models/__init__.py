"""Model files: a catalogue, verified downloads and the folder that holds them."""

from knowledge.models.catalogue import Catalogue, ModelEntry, load_catalogue
from knowledge.models.store import (
    ModelState,
    ModelStatus,
    ensure_defaults,
    installed,
    pull,
    require,
)

__all__ = [
    "Catalogue",
    "ModelEntry",
    "ModelState",
    "ModelStatus",
    "ensure_defaults",
    "installed",
    "load_catalogue",
    "pull",
    "require",
]
