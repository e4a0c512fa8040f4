"""How many clients the next range of long work takes, so that no transaction becomes long whatever the machine."""


def next_size(size: int, *, done: int, milliseconds: int, aim: int, most: int) -> int:
    """So many as would have taken the time aimed at; never more than twice as many as before, nor fewer than an eighth.

    A range that was not full says nothing of how long a full one takes.
    """
    if done < size:
        return size
    fitting = size * aim // max(milliseconds, 1)
    return max(1, min(most, 2 * size, max(fitting, size // 8)))
