"""What the card service does, one verb a file: load, decide, save, tell."""
