"""The registry's rules: frozen values and plain functions. No I/O, no clock, no chance."""
