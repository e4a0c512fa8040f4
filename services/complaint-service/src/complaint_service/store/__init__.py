"""The only writer of this service's tables."""
