"""The example book: an invented organisation and invented clients whose figures follow published distributions."""
