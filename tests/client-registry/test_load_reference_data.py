"""What may be chosen on the registration form: in both languages, by version, retired codes readable."""

import copy
import json
from importlib.resources import files

import pytest
from client_registry.domain.information_policy import read_information_policy
from client_registry.domain.reference_data import ReferenceRefused, read_option_sets
from client_registry.use_cases.load_reference_data import load_reference_data


def builtin(name: str) -> dict:
    return json.loads(files("client_registry").joinpath("reference", f"{name}.json").read_text(encoding="utf-8"))


FORM, POLICY = builtin("registration_form"), builtin("information_policy")
# The form's own lists, counted by hand from CCB Annex 2 (CR-55, CR-59 to CR-66, CR-69, CR-70).
COUNTS = {
    "identity_type": 7, "contact_way": 5, "marital_status": 4, "education": 5, "employer_type": 8, "occupation": 9,
    "position": 4, "monthly_income": 5, "hobby": 10, "wished_interval": 5, "fund_use": 9, "wanted_information": 8,
}  # fmt: skip


@pytest.mark.requirement("CR-59", "CR-60", "CR-61", "CR-62", "CR-63", "CR-64", "CR-65", "CR-69", "CR-70")
async def test_every_list_of_the_form_is_offered_in_both_languages(call, person) -> None:
    answer = await call(person("1006"), "GET", "/v1/reference-data")
    assert answer.status_code == 200, answer.text
    sets = {each["code"]: each for each in answer.json()["items"]}
    assert {code: len(sets[code]["options"]) for code in COUNTS} == COUNTS
    for each in sets.values():
        assert each["article"] and each["version"] == (2 if each["code"] == "industry" else 1)
        assert all(option["text_zh"] and option["text_en"] for option in each["options"])
    one = (await call(person("1006"), "GET", "/v1/reference-data/monthly_income")).json()
    assert [option["code"] for option in one["options"]] == [
        "up_to_5000", "from_5000_to_10000", "from_10000_to_30000", "from_30000_to_50000", "over_50000",
    ]  # fmt: skip
    assert (await call(person("1006"), "GET", "/v1/reference-data/no_such_set")).status_code == 404


async def test_a_version_that_is_loaded_changes_nothing(bank) -> None:
    async with bank.database.transaction() as tx:
        assert await load_reference_data(tx, form=FORM, policy=POLICY) == 0


async def test_a_code_left_out_is_retired_stays_readable_and_is_chosen_no_more(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    path = f"/v1/clients/{client_id}/registration-form"
    body = {"source": "questionnaire", "hobbies": ["stamps_of_old", "travel"]}
    newer = copy.deepcopy(FORM)
    newer["version"] = 2
    hobby = next(each for each in newer["sets"] if each["code"] == "hobby")
    hobby["options"].append({"code": "stamps_of_old", "zh": "集邮", "en": "Stamps"})
    async with bank.database.transaction() as tx:
        assert await load_reference_data(tx, form=newer, policy=POLICY) == len(FORM["sets"])
    filled = await call(person("1001"), "PUT", path, body=body, headers={"If-Match": '"0"'})
    assert filled.status_code == 200, filled.text
    newest = {**copy.deepcopy(FORM), "version": 3}
    async with bank.database.transaction() as tx:
        await load_reference_data(tx, form=newest, policy=POLICY)
    options = (await call(person("1001"), "GET", "/v1/reference-data/hobby")).json()["options"]
    assert [option["retired_in_version"] for option in options if option["code"] == "stamps_of_old"] == [3]
    assert (await call(person("1001"), "GET", path)).json()["hobbies"] == ["stamps_of_old", "travel"]
    again = await call(
        person("1001"), "PUT", path, body={"source": "questionnaire", "hobbies": ["stamps_of_old"]},
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "code.retired")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda form: form["sets"][0].pop("article"),
        lambda form: form.update(valid_from="soon"),
        lambda form: form["sets"][0]["options"].append(form["sets"][0]["options"][0]),
    ],
)
def test_a_broken_reference_file_is_refused(spoil) -> None:
    form = copy.deepcopy(FORM)
    spoil(form)
    with pytest.raises(ReferenceRefused):
        read_option_sets(form)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda policy: policy.pop("weights"),
        lambda policy: policy.update(complete_from=0),
        lambda policy: policy["weights"][0]["fields"].update(shoe_size=3),
        lambda policy: policy["weights"][0]["fields"].update(mobile=0),
        lambda policy: policy["double_entry"].append({"field": "email", "by": "nobody"}),
    ],
)
def test_a_broken_information_policy_is_refused(spoil) -> None:
    policy = copy.deepcopy(POLICY)
    spoil(policy)
    with pytest.raises(ReferenceRefused):
        read_information_policy(policy)
