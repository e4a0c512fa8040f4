"""What the complaint service does: one verb a file - load, decide, save, tell."""
