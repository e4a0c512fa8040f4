"""What the gateway itself refuses, in both languages."""

from chassis.refusals import Forbidden, RuleBroken, TryLater, Unauthenticated
from chassis.texts import Text


class BankTokenRefused(Unauthenticated):
    """A bank token that proves nothing; why exactly is logged by its reason and never told."""

    code = "token.refused"
    text = Text(
        en="The access token is missing, expired or not for this platform.", zh="访问令牌缺失、过期或不适用于本平台。"
    )

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


class IssuerAway(TryLater):
    """The bank's keys were never had and cannot be had now."""

    code = "issuer.away"
    text = Text(en="Callers cannot be recognised at the moment.", zh="暂时无法验证调用方身份。")


class RightsUnknown(TryLater):
    """The registry gave no answer about the caller's rights: no answer, no access."""

    code = "rights.unknown"
    text = Text(en="Your rights cannot be looked up at the moment.", zh="暂时无法查询您的权限。")


class NoRights(Forbidden):
    """The bank knows this person, the registry has no posting or delegation for them."""

    code = "forbidden.no-posting"
    text = Text(en="You have no posting on this platform.", zh="您在本平台没有任职或授权记录。")


class UpstreamAway(TryLater):
    """A service cannot be reached, or has failed so often that it is left alone for a moment."""

    code = "upstream.away"
    text = Text(en="A part of the platform is away; please try again shortly.", zh="平台部分服务暂不可用，请稍后再试。")


class UpstreamSlow(TryLater):
    """A service did not answer within the time."""

    code = "upstream.too-slow"
    text = Text(
        en="A part of the platform took too long; please try again shortly.", zh="平台部分服务响应超时，请稍后再试。"
    )


class Overloaded(TryLater):
    """More is being answered than this process takes on."""

    code = "gateway.overloaded"
    text = Text(en="The platform is busy; please try again shortly.", zh="平台繁忙，请稍后再试。")


class TooManyAuditRows(RuleBroken):
    """More audit rows about one client than one package takes; nothing is left out silently."""

    code = "evidence.too-large"
    text = Text(
        en="There are more than {most} audit rows of {service}; ask for an earlier moment.",
        zh="{service} 的审计记录超过 {most} 条，请选择更早的截至时间。",
    )
