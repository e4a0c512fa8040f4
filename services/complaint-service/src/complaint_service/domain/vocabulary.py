"""The words of complaint handling: what may be chosen, and each word's name in both languages."""

from enum import StrEnum

from chassis.texts import Text


class Kind(StrEnum):
    """What the client came with (CM-55, WMC horizontal cooperation); bookings live with engagement."""

    COMPLAINT = "complaint"
    ENQUIRY = "enquiry"
    SUGGESTION = "suggestion"


class Channel(StrEnum):
    """The way it reached us (CM-1, BOC-C complaint handling; CM-2, BOC-S Art. 19, 34, 35, CCB Part 1)."""

    HOTLINE = "hotline"
    COMPLAINT_MAILBOX = "complaint_mailbox"
    ONLINE_PLATFORM = "online_platform"
    OUTLET_COUNTER = "outlet_counter"
    OUTLET_LOBBY = "outlet_lobby"
    OPINION_BOOK = "opinion_book"
    SUPERIOR_BANK = "superior_bank"
    MEDIA = "media"
    CALL_CENTRE = "call_centre_95566"
    PRIVATE_BANKING_PHONE = "private_banking_phone"
    E_BANKING = "e_banking"
    WECHAT = "wechat"


class ComplaintType(StrEnum):
    """What a complaint is about; the first four have rules of their own (CM-9, BOC-S Art. 34(3), 35(4)-(6))."""

    ATTITUDE = "attitude"
    PROCESS = "process"
    PRODUCT_LOSS = "product_loss"
    OUTSIDE_INSTITUTION = "outside_institution"
    POLICY_MISUNDERSTANDING = "policy_misunderstanding"
    OPERATIONAL_ERROR = "operational_error"
    MEDIA = "media"
    OTHER = "other"


class ServiceTier(StrEnum):
    """The ladder that drives routing; corporate VIP stands beside it (CR-24)."""

    MASS = "mass"
    WEALTH_MANAGEMENT = "wealth_management"
    WEALTH = "wealth"
    PRIVATE_BANKING = "private_banking"
    CORPORATE_VIP = "corporate_vip"


class Status(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    HANDLING = "handling"
    ANSWERED = "answered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What the handling opinion says."""

    JUSTIFIED = "justified"
    PARTLY_JUSTIFIED = "partly_justified"
    NOT_JUSTIFIED = "not_justified"
    INFORMED = "informed"


class ClosedBecause(StrEnum):
    """Why a case was closed. Silence is never recorded as satisfaction (A11)."""

    QUIET = "quiet"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class DeliveryWay(StrEnum):
    """How the handling opinion reached the client (A10)."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    MESSAGE = "message"


NAMES: dict[StrEnum, Text] = {
    Kind.COMPLAINT: Text(en="complaint", zh="投诉"),
    Kind.ENQUIRY: Text(en="enquiry", zh="咨询"),
    Kind.SUGGESTION: Text(en="suggestion", zh="建议"),
    Channel.HOTLINE: Text(en="complaint hotline", zh="投诉热线"),
    Channel.COMPLAINT_MAILBOX: Text(en="complaint mailbox", zh="投诉信箱"),
    Channel.ONLINE_PLATFORM: Text(en="online platform", zh="在线投诉平台"),
    Channel.OUTLET_COUNTER: Text(en="outlet counter", zh="网点柜面"),
    Channel.OUTLET_LOBBY: Text(en="outlet lobby", zh="网点大堂"),
    Channel.OPINION_BOOK: Text(en="opinion book", zh="意见簿"),
    Channel.SUPERIOR_BANK: Text(en="forwarded by the superior bank", zh="上级行转办"),
    Channel.MEDIA: Text(en="media with reporters on site", zh="媒体现场采访"),
    Channel.CALL_CENTRE: Text(en="call centre 95566", zh="95566客服中心"),
    Channel.PRIVATE_BANKING_PHONE: Text(en="provincial private-banking complaint phone", zh="省行私人银行投诉专线"),
    Channel.E_BANKING: Text(en="e-banking and web", zh="电子银行及网站"),
    Channel.WECHAT: Text(en="WeChat account", zh="微信公众号"),
    ComplaintType.ATTITUDE: Text(en="service attitude", zh="服务态度"),
    ComplaintType.PROCESS: Text(en="business process", zh="业务办理流程"),
    ComplaintType.PRODUCT_LOSS: Text(en="loss on a financial product", zh="金融产品亏损"),
    ComplaintType.OUTSIDE_INSTITUTION: Text(en="outside institution involved", zh="涉及外部机构"),
    ComplaintType.POLICY_MISUNDERSTANDING: Text(en="misunderstood policy", zh="对政策有误解"),
    ComplaintType.OPERATIONAL_ERROR: Text(en="operational error", zh="操作失误"),
    ComplaintType.MEDIA: Text(en="media", zh="媒体投诉"),
    ComplaintType.OTHER: Text(en="other", zh="其他"),
    ServiceTier.MASS: Text(en="ordinary client", zh="普通客户"),
    ServiceTier.WEALTH_MANAGEMENT: Text(en="wealth-management client", zh="理财客户"),
    ServiceTier.WEALTH: Text(en="wealth client", zh="财富客户"),
    ServiceTier.PRIVATE_BANKING: Text(en="private-banking client", zh="私人银行客户"),
    ServiceTier.CORPORATE_VIP: Text(en="corporate VIP", zh="公司VIP客户"),
    Status.OPENED: Text(en="opened", zh="已受理"),
    Status.HANDLING: Text(en="being handled", zh="处理中"),
    Status.ANSWERED: Text(en="answered", zh="已答复"),
    Status.CLOSED: Text(en="closed", zh="已结案"),
    Outcome.JUSTIFIED: Text(en="justified", zh="属实"),
    Outcome.PARTLY_JUSTIFIED: Text(en="partly justified", zh="部分属实"),
    Outcome.NOT_JUSTIFIED: Text(en="not justified", zh="不属实"),
    Outcome.INFORMED: Text(en="informed", zh="已答疑"),
    ClosedBecause.QUIET: Text(en="no new complaint in the window", zh="规定期限内未再投诉"),
    ClosedBecause.ACCEPTED: Text(en="accepted by the client", zh="客户认可"),
    ClosedBecause.WITHDRAWN: Text(en="withdrawn by the client", zh="客户撤回"),
    DeliveryWay.IN_PERSON: Text(en="in person", zh="当面"),
    DeliveryWay.PHONE: Text(en="by phone", zh="电话"),
    DeliveryWay.LETTER: Text(en="by letter", zh="书面"),
    DeliveryWay.EMAIL: Text(en="by e-mail", zh="电子邮件"),
    DeliveryWay.MESSAGE: Text(en="by message", zh="短信或微信"),
}
