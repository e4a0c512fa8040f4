"""A mapping profile is refused whole, with every fault, its line, its field and what is expected, in both languages."""

from pathlib import Path

import pytest
from chassis.texts import Language
from client_registry.domain.imports.profile_reading import ProfileBroken, read_profile

MAPPINGS = Path(__file__).parents[3] / "examples" / "mappings"
GOOD = """
name = "small"
[[file]]
name = "book"
[client]
client_no = "no"
name = "name"
home_unit = "unit"
"""


def faults(text: str) -> dict[str, str]:
    with pytest.raises(ProfileBroken) as refused:
        read_profile(text)
    return {error.pointer: error.code for error in refused.value.errors}


@pytest.mark.parametrize("file", sorted(MAPPINGS.glob("*.toml")), ids=lambda file: file.stem)
def test_the_profiles_we_ship_can_be_followed(file: Path) -> None:
    assert read_profile(file.read_text(encoding="utf-8")).name == file.stem


def test_the_smallest_profile_reads_two_columns_and_a_unit() -> None:
    assert read_profile(GOOD).columns_used() == {"no", "name", "unit"}


def test_a_misspelt_field_is_named_with_its_line_and_the_fields_there_are() -> None:
    text = GOOD.replace('name = "name"', 'nmae = "name"')
    with pytest.raises(ProfileBroken) as refused:
        read_profile(text)
    error = next(error for error in refused.value.errors if error.code == "profile.unknown-key")
    assert error.pointer == "/client/nmae"
    assert text.splitlines()[int(str(error.params["line"])) - 1] == 'nmae = "name"'
    assert "client_no" in error.say(Language.EN)
    assert "未知字段" in error.say(Language.ZH)


@pytest.mark.parametrize(
    ("added", "pointer", "code"),
    [
        ('[figures.deposit]\neach = "balance ** 2"', "/figures/deposit/each", "profile.expression-broken"),
        ('[figures.deposit]\neach = "a"\ntotal = "b"', "/figures/deposit", "profile.one-figure"),
        ('[figures.deposit]\nmonths = ["a", "b"]', "/figures/deposit/months", "profile.wrong-kind"),
        ('[figures.debt]\neach = "a"', "/figures/debt", "profile.unknown-key"),
        ('[money]\nfactor = "-1"', "/money/factor", "profile.wrong-kind"),
        ("[money]\nfactor = 6", "/money/factor", "profile.wrong-kind"),
        ('[period]\ndata_as_of = "1998-13"', "/period/data_as_of", "profile.wrong-kind"),
        ('[derived]\nrun = { months_since = "day" }', "/period/data_as_of", "profile.missing"),
        ('[repayment]\ncolumn = "s"\nlongest = "a"\nopen = "a"', "/repayment", "profile.one-repayment"),
        ('[placement]\nspread = "everywhere"', "/placement/spread", "profile.not-one-of"),
        ('[loan]\npresent = "x"', "/loan/outstanding", "profile.missing"),
        ('[figures.deposit]\neach = "other.balance"', "/", "profile.unknown-file"),
        ('[[file]]\nname = "second"', "/file/1/join", "profile.missing"),
        ('[[file]]\nname = "second"\njoin = "third.a = fourth.b"', "/file/1/join", "profile.join-unknown-file"),
    ],
)
def test_each_fault_has_its_place_and_its_code(added: str, pointer: str, code: str) -> None:
    found = faults(f"{GOOD}\n{added}\n")
    assert found.get(pointer) == code, found


def test_a_field_takes_exactly_one_source() -> None:
    assert faults(GOOD.replace('"no"', '{ column = "no", value = "1" }')) == {"/client/client_no": "profile.one-source"}


def test_only_what_can_be_invented_is_invented_and_only_as_synthetic() -> None:
    text = GOOD.replace('client_no = "no"', "client_no = { invent = true }")
    assert faults(text) == {
        "/client/client_no/invent": "profile.not-inventable",
        "/identities/synthetic": "profile.invented-is-synthetic",
    }


def test_clients_must_be_placed_somewhere() -> None:
    assert faults(GOOD.replace('home_unit = "unit"', "")) == {"/placement/spread": "profile.missing"}


def test_what_is_no_toml_is_refused_with_the_parser_s_line() -> None:
    with pytest.raises(ProfileBroken) as refused:
        read_profile("name = \n")
    assert "line 1" in refused.value.errors[0].say(Language.EN)
