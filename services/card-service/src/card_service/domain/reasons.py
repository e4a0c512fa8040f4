"""Why this card, and why still waiting: the explanation of a reservation in both languages."""

from collections.abc import Mapping

from chassis.texts import Language, Text

from card_service.domain.organisation import line
from card_service.domain.reservations import Reservation, ReservationStatus

_HOME = Text(
    en="Card {number} was the lowest free number in the stock of the client's home unit {unit} (CS-10).",
    zh="卡号 {number} 为客户归属机构 {unit} 库存中最小的空闲号码（CS-10）。",
)
_ABOVE = Text(
    en="The home unit {home} held no free card of this level; card {number} was the lowest free number in the stock of"
    " {unit}, the nearest unit above it that held one (CS-9, CS-10).",
    zh="客户归属机构 {home} 无此级别空闲卡；卡号 {number} 为其上级中最近有库存机构 {unit} 的最小空闲号码（CS-9、CS-10）。",
)
_WAITING = Text(
    en="No free card of this level lies at the home unit {home} or above it in its branch ({searched}); the card keeper"
    " has been asked to order, and the client is served in the order of asking as soon as cards come in (A15).",
    zh="归属机构 {home} 及其分行内上级机构（{searched}）均无此级别空闲卡；已提醒库管员补货，到货后按申请先后预留（A15）。",
)
_HOMELESS = Text(
    en="The client's home unit is not known here yet; the card is reserved as soon as the organisation tells of it.",
    zh="尚未收到客户归属机构信息；收到机构资料后即予预留。",
)
_CANCELLED = Text(en="The reservation was cancelled; the client gets no card from it.", zh="该预留已取消，不再发卡。")
_CAUSE = Text(
    en="Asked for because the client's card level rose to {level} ({cause}), decision {decision} (CS-23).",
    zh="因客户卡级别升至 {level}（{cause}）而预留，依据决定 {decision}（CS-23）。",
)


def explain(reservation: Reservation, *, number: str | None, names: Mapping[str, str], language: Language) -> list[str]:
    """Sentences a clerk can read to the client's manager. `names` gives a unit's name by its path."""
    wish = reservation.wish
    said = [_CAUSE.say(language, level=wish.level.value, cause=wish.cause, decision=wish.decision_id)]
    if reservation.status is ReservationStatus.CANCELLED:
        return [*said, _CANCELLED.say(language)]
    if wish.home_path is None:
        return [*said, _HOMELESS.say(language)]
    home = names.get(wish.home_path, wish.home_path)
    if reservation.found_at is None:
        searched = ", ".join(names.get(path, path) for path in line(wish.home_path))
        return [*said, _WAITING.say(language, home=home, searched=searched)]
    unit = names.get(reservation.found_at, reservation.found_at)
    text = _HOME if reservation.found_at == wish.home_path else _ABOVE
    params = {"number": number, "unit": unit} | ({} if text is _HOME else {"home": home})
    return [*said, text.say(language, **params)]
