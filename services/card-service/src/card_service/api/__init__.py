"""The routes of the card service."""

from card_service.api.cards import api as cards
from card_service.api.issues import api as issues
from card_service.api.numbers import api as numbers

routers = (numbers, issues, cards)

__all__ = ["routers"]
