"""Sealed fields open only where they were sealed, and only with the ring that sealed them."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from chassis.fields import (
    AES_256_GCM_SIV,
    SM4_GCM,
    FieldCipher,
    FieldUnreadable,
    KeyRingRefused,
    add_key,
    generate_key_file,
    generate_key_ring,
)
from hypothesis import given
from hypothesis import strategies as st

ROW = UUID("0190f5e0-0000-7000-8000-000000000001")
OTHER_ROW = UUID("0190f5e0-0000-7000-8000-000000000002")
CIPHERS = {suite: FieldCipher(generate_key_ring(suite=suite)) for suite in (AES_256_GCM_SIV, SM4_GCM)}

suites = pytest.mark.parametrize("suite", [AES_256_GCM_SIV, SM4_GCM])


@suites
@given(plain=st.text(max_size=200))
def test_what_is_sealed_opens_again(suite: str, plain: str) -> None:
    cipher = CIPHERS[suite]
    assert cipher.open("clients.name", ROW, cipher.seal("clients.name", ROW, plain)) == plain


@suites
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_bit_goes_unnoticed(suite: str, position: int, bit: int) -> None:
    cipher = CIPHERS[suite]
    blob = bytearray(cipher.seal("clients.name", ROW, "王小明"))
    blob[position % len(blob)] ^= 1 << bit
    with pytest.raises(FieldUnreadable):
        cipher.open("clients.name", ROW, bytes(blob))


@suites
def test_a_value_moved_to_another_row_or_column_does_not_open(suite: str) -> None:
    cipher = CIPHERS[suite]
    blob = cipher.seal("clients.name", ROW, "王小明")
    with pytest.raises(FieldUnreadable):
        cipher.open("clients.name", OTHER_ROW, blob)
    with pytest.raises(FieldUnreadable):
        cipher.open("clients.employer", ROW, blob)


@pytest.mark.requirement("XC-14")
def test_the_sealed_bytes_never_hold_the_text_and_never_repeat() -> None:
    cipher = CIPHERS[AES_256_GCM_SIV]
    first, second = (cipher.seal("clients.name", ROW, "canary-name") for _ in range(2))
    assert b"canary" not in first
    assert first != second


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01\x01\x00\x00\x00\x01" + b"n" * 12, b"\x00" * 64])
def test_bytes_that_are_no_sealed_field_are_refused(blob: bytes) -> None:
    with pytest.raises(FieldUnreadable):
        CIPHERS[AES_256_GCM_SIV].open("clients.name", ROW, blob)


def test_equal_values_have_equal_indexes_only_within_one_column() -> None:
    cipher = CIPHERS[AES_256_GCM_SIV]
    assert cipher.index("clients.phone", "+8613812345678") == cipher.index("clients.phone", "+8613812345678")
    assert cipher.index("clients.phone", "+8613812345678") != cipher.index("clients.identity", "+8613812345678")
    assert len(cipher.index("clients.phone", "x")) == 16


def test_another_ring_gives_other_indexes() -> None:
    assert CIPHERS[SM4_GCM].index("clients.phone", "1") != CIPHERS[AES_256_GCM_SIV].index("clients.phone", "1")


def test_rotation_keeps_old_fields_readable_and_names_those_still_to_reseal(tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    generate_key_file(ring)
    before = FieldCipher.from_key_file(ring)
    blob, index = before.seal("clients.name", ROW, "王小明"), before.index("clients.name", "王小明")

    assert add_key(ring, suite=SM4_GCM) == 2
    after = FieldCipher.from_key_file(ring)

    assert after.needs_rotation(blob)
    assert not before.needs_rotation(blob)
    fresh = after.reseal("clients.name", ROW, blob)
    assert after.open("clients.name", ROW, fresh) == after.open("clients.name", ROW, blob) == "王小明"
    assert not after.needs_rotation(fresh)
    assert after.reseal("clients.name", ROW, fresh) is fresh
    assert after.index("clients.name", "王小明") == index
    # Who opened the ring before the rotation takes the new key up when a field first names it.
    assert before.open("clients.name", ROW, fresh) == "王小明"


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    generate_key_file(ring, development=True)
    assert ring.stat().st_mode & 0o777 == 0o600
    assert FieldCipher.from_key_file(ring).development
    with pytest.raises(FileExistsError):
        generate_key_file(ring)
    ring.chmod(0o644)
    with pytest.raises(KeyRingRefused, match="chmod"):
        FieldCipher.from_key_file(ring)


@pytest.mark.parametrize(
    "change",
    [
        {"current": 2},
        {"keys": {"1": {"suite": SM4_GCM, "key": "AAAA"}}},
        {"keys": {"1": {"suite": "rot13", "key": "AAAA"}}},
        {"index_key": "c2hvcnQ="},
        {"index_key": None},
    ],
)
def test_a_broken_ring_is_refused_without_showing_a_key(change: dict[str, object]) -> None:
    ring = generate_key_ring() | change
    with pytest.raises(KeyRingRefused) as refused:
        FieldCipher(ring)
    assert not any(secret in str(refused.value) for secret in json.dumps(ring).split('"') if len(secret) > 20)
