"""Names as they are searched: whole Chinese names, single words of others. Only keyed tokens of them are stored."""

import re
import unicodedata

_HAN = r"㐀-鿿豈-﫿\U00020000-\U0003ffff"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])[\s·•]+(?=[{_HAN}])")
_WORD_BREAK = re.compile(r"[\s·•,.\-']+")


def search_tokens(name: str) -> tuple[str, ...]:
    """The tokens a name is found by: "张 三" gives one, "John  Smith" two; width and case make no difference.

    The same function prepares what is stored and what is asked: a file is found when it has every token asked for.
    """
    plain = _BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", name).casefold().strip())
    return tuple(dict.fromkeys(word for word in _WORD_BREAK.split(plain) if word))
