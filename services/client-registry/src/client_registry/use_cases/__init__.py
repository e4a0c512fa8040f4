"""What the registry does: one verb a file. Load, decide, save, tell; the edge commits."""
