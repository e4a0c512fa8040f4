"""Reads for answers; nothing here changes anything."""
