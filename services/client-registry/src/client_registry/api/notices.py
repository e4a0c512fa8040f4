"""Privacy notices in their versions, and the history of what a client allowed under them (CR-74)."""

from datetime import date, datetime
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from pydantic import Field

from client_registry.api.readers import FILE_READERS, STAFF_ROLES
from client_registry.domain.notices import PrivacyNotice
from client_registry.use_cases.publish_notice import publish_notice
from client_registry.views import clients as files
from client_registry.views import notices as views

api = router()
_SHOWN_TO = allow("client", *(role for role in STAFF_ROLES if role != "operator"))


class PublishNotice(Input):
    """The next version, in both languages."""

    version: str = described(en="Year and month, like 2026-01", zh="版本号，如 2026-01", min_length=7, max_length=11)
    title_zh: str = Field(min_length=1, max_length=200, pattern=r"\S")
    title_en: str = Field(min_length=1, max_length=200, pattern=r"\S")
    text_zh: str = Field(min_length=1, max_length=20_000, pattern=r"\S")
    text_en: str = Field(min_length=1, max_length=20_000, pattern=r"\S")
    valid_from: date | None = described(en="First day; today by default", zh="生效日期，默认当日", default=None)


class NoticeView(Output):
    """A version in the reader's language."""

    version: str
    title: str
    text: str
    valid_from: date
    published_by: str
    published_at: datetime


class ConsentRecordView(Output):
    """One yes or no: to what, under which notice, how it was given, who wrote it down and when."""

    record_id: UUID
    purpose: str
    given: bool
    wished_interval: str | None
    notice_version: str | None
    way: str
    recorded_by: str
    recorded_at: datetime


@api.get(
    "/v1/privacy-notices",
    **operation(
        "listPrivacyNotices",
        allow=_SHOWN_TO,
        en="List privacy notices",
        zh="查询隐私告知",
        en_detail="Every published version, the newest first, in your language.",
        zh_detail="返回全部已发布版本（最新在前），按您的语言显示。",
        audience=["front-end", "branch"],
    ),
)
async def list_notices(call: Call, paging: Page) -> PageOf[NoticeView]:
    key = paging.after(str)
    found = await views.list_notices(call.tx, before=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(found, paging.limit, lambda notice: (notice.version,))
    return page([_notice_view(notice, call.language) for notice in kept], cursor)


@api.post(
    "/v1/privacy-notices",
    status_code=201,
    **operation(
        "publishPrivacyNotice",
        allow=allow("head_office_personal_banking"),
        en="Publish a version of the privacy notice",
        zh="发布隐私告知新版本",
        en_detail="A published version never changes; the next one gets its own number.",
        zh_detail="已发布版本不可修改，修订须发布新版本。",
        audience=["branch"],
        example={
            "version": "2026-12",
            "title_zh": "客户信息保密告知",
            "title_en": "Privacy notice",
            "text_zh": "您的信息由本行严格保密。",
            "text_en": "What you tell us is kept confidential.",
        },
    ),
)
async def publish(body: PublishNotice, call: Call) -> NoticeView:
    notice = PrivacyNotice(
        version=body.version,
        title_zh=body.title_zh,
        title_en=body.title_en,
        text_zh=body.text_zh,
        text_en=body.text_en,
        valid_from=body.valid_from or business_day(call.now),
        published_by=call.principal.subject,
        published_at=call.now,
    )
    return _notice_view(await publish_notice(call.tx, notice, by=call.principal), call.language)


@api.get(
    "/v1/clients/{client_id}/consent-history",
    **operation(
        "getConsentHistory",
        allow=allow("client", *FILE_READERS),
        en="What the client ever allowed and refused",
        zh="查询客户授权历史",
        en_detail="Newest first; the latest row of each purpose is what stands.",
        zh_detail="最新在前；各用途以最新一条为准。",
        audience=["front-end", "branch"],
    ),
)
async def consent_history(client_id: UUID, call: Call, paging: Page) -> PageOf[ConsentRecordView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    key = paging.after(UUID)
    rows = await views.consent_history(call.tx, client_id, before=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([ConsentRecordView.model_validate({**dict(row), "record_id": row["id"]}) for row in kept], cursor)


def _notice_view(notice: PrivacyNotice, language: Language) -> NoticeView:
    chinese = language is Language.ZH
    return NoticeView(
        version=notice.version,
        title=notice.title_zh if chinese else notice.title_en,
        text=notice.text_zh if chinese else notice.text_en,
        valid_from=notice.valid_from,
        published_by=notice.published_by,
        published_at=notice.published_at,
    )
