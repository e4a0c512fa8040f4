"""One verb a file: load, decide, save, tell. None of them commits."""
