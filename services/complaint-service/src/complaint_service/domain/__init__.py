"""The rules of complaint handling: plain values in, new state and the fact out; nothing here does I/O."""
