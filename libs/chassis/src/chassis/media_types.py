"""What a file is, told from its content and never from its name."""

import io
import zipfile

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", DOCX: "docx", XLSX: "xlsx"}

_SIGNATURES = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
_OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
# A document of the office kind has some dozens of parts; thousands are no document.
_PARTS_MAX = 2_000


def media_type_of(content: bytes) -> str | None:
    """PDF, JPEG, PNG, DOCX or XLSX, or None for everything else. Documents that carry macros are none of them."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    return _office(content) if content.startswith(b"PK\x03\x04") else None


def _office(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if len(parts) > _PARTS_MAX or "[Content_Types].xml" not in parts:
        return None
    if any(part.endswith("vbaProject.bin") for part in parts):
        return None
    return next((kind for part, kind in _OFFICE.items() if part in parts), None)
