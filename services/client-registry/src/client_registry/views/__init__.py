"""What the registry answers: reads only, each filtered by the caller's scope in the statement itself."""
