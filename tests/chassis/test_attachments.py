"""Papers: kept sealed, known by content, read on record, and under a new key like every field."""

import io
import zipfile
from uuid import uuid4

import pytest
import sqlalchemy as sa
from chassis import attachments
from chassis.attachments import SIZE_MAX
from chassis.db import Database
from chassis.fields import FieldCipher, add_key, generate_key_file
from chassis.frame_tables import frame_tables
from chassis.identity import Principal
from chassis.media_types import DOCX, JPEG, PDF, PNG, XLSX, media_type_of
from chassis.refusals import Invalid, NotFound, TooLarge
from chassis.rotating import reseal_all

from tests.chassis.conftest import NOON

WANG = Principal("staff:1", ())
PAPER = b"%PDF-1.7\n" + bytes(range(256)) * 600


def office(*parts: str) -> bytes:
    """A zip with these parts."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return kept.getvalue()


async def keep(database: Database, content: bytes = PAPER, *, subject_id=None, **said) -> attachments.Attachment:
    given = {"kind": "evidence", "name": "催收记录.pdf", "media_type": "application/pdf", **said}
    async with database.transaction() as tx:
        return await attachments.add(tx, subject_id=subject_id or uuid4(), content=content, by=WANG, now=NOON, **given)


async def test_a_paper_comes_back_as_it_was_given_and_each_read_is_on_record(database: Database) -> None:
    client = uuid4()
    kept = await keep(database, client_id=client)
    async with database.transaction() as tx:
        assert await attachments.list_of(tx, kept.subject_id) == [kept]
        found, content = await attachments.read(tx, kept.id, by=WANG, now=NOON, purpose="audit")
        assert (found, content) == (kept, PAPER)
        rows = await tx.connection.fetch("SELECT act, client_id, purpose FROM audit ORDER BY id")
        assert [tuple(row) for row in rows] == [
            ("attachment.added", client, None), ("attachment.read", client, "audit"),
        ]  # fmt: skip
        raw = await tx.connection.fetchval("SELECT string_agg(content_sealed, '') FROM attachment_chunks")
        name = await tx.connection.fetchval("SELECT name_sealed FROM attachments")
        assert bytes(range(256)) not in raw and "催收".encode() not in name
        assert await tx.connection.fetchval("SELECT count(*) FROM attachment_chunks") == 3
        assert await attachments.remove_of(tx, [kept.subject_id]) == 1
        assert await tx.connection.fetchval("SELECT count(*) FROM attachment_chunks") == 0
        with pytest.raises(NotFound):
            await attachments.read(tx, kept.id, by=WANG, now=NOON)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PAPER, PDF),
        (b"\xff\xd8\xff\xe0rest", JPEG),
        (b"\x89PNG\r\n\x1a\nrest", PNG),
        (office("[Content_Types].xml", "word/document.xml"), DOCX),
        (office("[Content_Types].xml", "xl/workbook.xml"), XLSX),
        (office("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), None),
        (office("word/document.xml"), None),
        (b"PK\x03\x04 and then nothing", None),
        (b"MZ\x90\x00", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_the_content_says_what_a_file_is(content: bytes, found: str | None) -> None:
    assert media_type_of(content) == found


async def test_a_paper_is_refused_for_its_content_its_stated_type_or_its_name(database: Database) -> None:
    for said, code in (
        ({"content": b"MZ\x90\x00", "name": "evidence.pdf"}, "attachment.type"),
        ({"media_type": "image/png"}, "attachment.type-differs"),
        ({"name": " "}, "attachment.name"),
        ({"name": "x" * 201}, "attachment.name"),
    ):
        with pytest.raises(Invalid) as refused:
            await keep(database, **said)
        assert [(error.pointer, error.code) for error in refused.value.errors] == [("/file", code)]
    assert (await keep(database, media_type="application/octet-stream")).media_type == PDF
    assert (await keep(database, media_type=None, name="C:\\scans\\a\x00.pdf")).name == "a.pdf"


async def test_ten_mebibytes_are_taken_and_not_a_byte_more(database: Database) -> None:
    most = b"%PDF-".ljust(SIZE_MAX, b"\0")
    kept = await keep(database, most)
    async with database.transaction() as tx:
        assert (await attachments.read(tx, kept.id, by=WANG, now=NOON))[1] == most
    with pytest.raises(TooLarge):
        await keep(database, most + b"\0")


async def test_a_changed_piece_is_noticed(database: Database) -> None:
    kept = await keep(database)
    async with database.transaction() as tx:
        await tx.connection.execute("DELETE FROM attachment_chunks WHERE chunk_no = 1")
        with pytest.raises(RuntimeError):
            await attachments.read(tx, kept.id, by=WANG, now=NOON)


@pytest.mark.requirement("XC-14")
async def test_the_rotation_of_keys_covers_names_and_pieces(new_database, tmp_path) -> None:
    file = tmp_path / "ring.json"
    generate_key_file(file, development=True)
    database = await new_database()
    database.cipher = FieldCipher.from_key_file(file)
    kept = await keep(database)
    add_key(file)
    database.cipher = FieldCipher.from_key_file(file)
    metadata = sa.MetaData()
    frame_tables(metadata)
    told = {each.column: (each.seen, each.changed) for each in await reseal_all(database, metadata)}
    assert told == {"attachments.name_sealed": (1, 1), "attachment_chunks.content_sealed": (3, 3)}
    async with database.transaction() as tx:
        assert (await attachments.read(tx, kept.id, by=WANG, now=NOON))[1] == PAPER
