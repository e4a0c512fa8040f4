"""Reads for answers; they change nothing."""
