"""Reading other people's tables into client files: profiles, expressions, rows. No I/O: bytes and texts come in."""
