"""What may be chosen on the registration form, in both languages."""

from datetime import date

from chassis.bodies import Output
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response

from client_registry.api.readers import STAFF_ROLES
from client_registry.domain.reference_data import OptionSet
from client_registry.views import reference_data as views

api = router()
_READERS = allow("client", *STAFF_ROLES)


class OptionView(Output):
    """One code; a retired one is shown for what was recorded with it and is chosen no more."""

    code: str
    text_zh: str
    text_en: str
    takes_text: bool
    since_version: int
    retired_in_version: int | None


class OptionSetView(Output):
    """A set of codes with its version and source."""

    code: str
    name_zh: str
    name_en: str
    version: int
    valid_from: date
    article: str
    options: list[OptionView]


class OptionSetsView(Output):
    """Every set."""

    items: list[OptionSetView]
    next_cursor: None = None


@api.get(
    "/v1/reference-data",
    **operation(
        "listReferenceData",
        allow=_READERS,
        en="List the sets of codes",
        zh="查询参考数据集",
        audience=["front-end", "branch"],
    ),
)
async def list_reference_data(call: Call) -> OptionSetsView:
    return OptionSetsView(items=[_view(each) for each in await views.list_sets(call.tx)])


@api.get(
    "/v1/reference-data/{set_code}",
    **operation(
        "getReferenceData",
        allow=_READERS,
        en="Read a set of codes",
        zh="查看参考数据集",
        en_detail="The codes of the registration form in both languages, with version and article; retired ones too.",
        zh_detail="登记表各栏目的选项（中英文），含版本与依据条款；已停用的代码亦予保留。",
        audience=["front-end", "branch"],
    ),
)
async def get_reference_data(set_code: str, call: Call, response: Response) -> OptionSetView:
    found = await views.get_set(call.tx, set_code)
    response.headers["ETag"] = f'"{found.version}"'
    return _view(found)


def _view(found: OptionSet) -> OptionSetView:
    return OptionSetView(
        code=found.code,
        name_zh=found.name.zh,
        name_en=found.name.en,
        version=found.version,
        valid_from=found.valid_from,
        article=found.article,
        options=[
            OptionView(
                code=option.code,
                text_zh=option.text.zh,
                text_en=option.text.en,
                takes_text=option.takes_text,
                since_version=option.since_version,
                retired_in_version=option.retired_in_version,
            )
            for option in found.options
        ],
    )
