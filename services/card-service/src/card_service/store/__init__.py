"""Rows in, frozen things out: the only modules that write SQL for cards."""
