"""Engagement rules: when a client must be contacted, what a complaint silences, when the return visit is due."""
