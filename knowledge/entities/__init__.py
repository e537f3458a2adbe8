"""Numbers, money, dates, contacts and codes in a text, each with one canonical value."""

from knowledge.entities.contacts import mask_personal
from knowledge.entities.recognise import Entity, EntityKind, find_entities

__all__ = ["Entity", "EntityKind", "find_entities", "mask_personal"]
