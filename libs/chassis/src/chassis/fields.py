"""Personal data sealed field by field, and found again by a keyed blind index (XC-14).

A sealed field is `version | suite | key id | nonce | ciphertext and tag`. Header, column and row id are
authenticated, so a value moved to another row or column does not open. The usual suite is AES-256-GCM-SIV: a repeated
nonce there only shows that two equal values are equal. SM4-GCM is the other suite; with random 96-bit nonces it must
not seal more than 2^32 values under one key, so a key is retired long before (2^31): `add_key` makes a new one
current, old ones stay for reading. No counter is kept: replicas would have to share it on every seal; the number of
rows that carry a key id bounds it well enough for the retirement rule.

Index keys are never data keys: who holds an index key can test guesses against low-entropy fields such as phones, so
each column has its own, derived from a root of its own, and the key ring file lives apart from the database.
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT_VERSION = 1
AES_256_GCM_SIV = "aes-256-gcm-siv"
SM4_GCM = "sm4-gcm"
_SUITE_BYTES = {AES_256_GCM_SIV: 1, SM4_GCM: 2}
_KEY_BYTES = {AES_256_GCM_SIV: 32, SM4_GCM: 16}
_HEADER = struct.Struct(">BBI")
_NONCE = 12
_TAG = 16
_INDEX_BYTES = 16
_LOOK_AGAIN_S = 5.0
log = structlog.get_logger("fields")


class FieldUnreadable(Exception):
    """A sealed field that does not open: changed, moved to another row or column, or its key is not in the ring."""


class KeyRingRefused(Exception):
    """A key file that cannot be used as it is: broken, incomplete or readable by others."""


@dataclass(frozen=True, slots=True)
class _Key:
    id: int
    suite: str
    seal: Callable[[bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes], bytes]

    @property
    def header(self) -> bytes:
        return _HEADER.pack(FORMAT_VERSION, _SUITE_BYTES[self.suite], self.id)


def _build_key(key_id: int, suite: str, secret: bytes) -> _Key:
    if suite not in _KEY_BYTES or len(secret) != _KEY_BYTES[suite] or not 0 < key_id < 2**32:
        raise KeyRingRefused(f"key {key_id} does not fit its suite {suite!r}")
    if suite == AES_256_GCM_SIV:
        aead = AESGCMSIV(secret)
        return _Key(key_id, suite, aead.encrypt, aead.decrypt)

    def seal(nonce: bytes, data: bytes, aad: bytes) -> bytes:
        encryptor = Cipher(SM4(secret), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def unseal(nonce: bytes, data: bytes, aad: bytes) -> bytes:
        decryptor = Cipher(SM4(secret), GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(aad)
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()

    return _Key(key_id, suite, seal, unseal)


class FieldCipher:
    """Seals and opens fields with the keys of one ring. Explicit calls in store and views; no column type does it.

    A ring from a file is read again when the file has changed: keys rotate while everybody serves (XC-14). It is looked
    at every five seconds of sealing, and at once when a field names a key that is not in the ring.
    """

    def __init__(self, ring: dict[str, Any]) -> None:
        self._file: Path | None = None
        self._written_at = 0
        self._look_at = 0.0
        self._load(ring)

    def _load(self, ring: dict[str, Any]) -> None:
        try:
            keys = {
                int(key_id): _build_key(int(key_id), entry["suite"], base64.b64decode(entry["key"], validate=True))
                for key_id, entry in ring["keys"].items()
            }
            current = keys[int(ring["current"])]
            index_root = base64.b64decode(ring["index_key"], validate=True)
            own = ring.get("index_keys", {})
            index_keys = {column: base64.b64decode(key, validate=True) for column, key in own.items()}
        except (KeyError, ValueError, TypeError, AttributeError) as broken:
            raise KeyRingRefused(f"the key ring is broken or incomplete ({type(broken).__name__})") from None
        if min(map(len, (index_root, *index_keys.values()))) < 32:
            raise KeyRingRefused("an index key has fewer than 32 bytes")
        # A ring that was refused half way has changed nothing.
        self._keys, self._current = keys, current
        self._index_root, self._index_keys = index_root, index_keys
        self.development = bool(ring.get("development", False))

    @classmethod
    def from_key_file(cls, path: str | Path) -> Self:
        """Reads a key ring. Refuses a file that others may read: keys are a secret of this service alone.

        A file that somebody else owns was mounted for us (container secrets are 0444): it may be read, never written.
        """
        file = Path(path)
        status = file.stat()
        open_to_others = 0o007 if status.st_uid == os.geteuid() else 0o002
        if status.st_mode & open_to_others:
            raise KeyRingRefused(f"{file.name} is open to everybody: chmod 600")
        written_at = file.stat().st_mtime_ns
        cipher = cls(_read(file))
        cipher._file, cipher._written_at = file, written_at
        cipher._look_at = time.monotonic() + _LOOK_AGAIN_S
        return cipher

    def _look_again(self) -> None:
        """Takes up a ring file that was written since; a file that is away or broken leaves the keys we have."""
        self._look_at = time.monotonic() + _LOOK_AGAIN_S
        if self._file is None:
            return
        try:
            written_at = self._file.stat().st_mtime_ns
            if written_at != self._written_at:
                self._load(_read(self._file))
                self._written_at = written_at
                log.info("key ring read again", current=self._current.id)
        except (OSError, KeyRingRefused) as kept:
            log.error("key ring not read again", file=self._file.name, reason=type(kept).__name__)

    def seal(self, column: str, row_id: UUID, plain: str) -> bytes:
        """Seals text for one column ("clients.name") of one row under the current key; each call gives other bytes."""
        return self.seal_bytes(column, row_id, plain.encode())

    def seal_bytes(self, column: str, row_id: UUID, plain: bytes) -> bytes:
        """`seal` for what is no text: a piece of a file."""
        if time.monotonic() >= self._look_at:
            self._look_again()
        key = self._current
        header = key.header
        nonce = os.urandom(_NONCE)
        return header + nonce + key.seal(nonce, plain, _bound(header, column, row_id))

    def open(self, column: str, row_id: UUID, blob: bytes) -> str:
        """The text again. Raises FieldUnreadable when the value, its row or its column is not what was sealed."""
        return self.open_bytes(column, row_id, blob).decode()

    def open_bytes(self, column: str, row_id: UUID, blob: bytes) -> bytes:
        """`open` for what is no text."""
        header, nonce = blob[: _HEADER.size], blob[_HEADER.size : _HEADER.size + _NONCE]
        sealed = blob[_HEADER.size + _NONCE :]
        if len(sealed) < _TAG:
            raise FieldUnreadable(f"{column}: too short to be a sealed field")
        key_id = _HEADER.unpack(header)[2]
        if key_id not in self._keys:
            self._look_again()
        key = self._keys.get(key_id)
        if key is None or header != key.header:
            raise FieldUnreadable(f"{column}: no key in the ring for this field")
        try:
            return key.open(nonce, sealed, _bound(header, column, row_id))
        except InvalidTag:
            raise FieldUnreadable(f"{column}: changed, or moved from another row or column") from None

    def index(self, column: str, normalized: str) -> bytes:
        """16 bytes that are equal for equal values of one column and say nothing without that column's key.

        The caller normalizes (case, spaces, country code) before it stores and before it searches.
        """
        key = self._index_keys.get(column)
        if key is None:
            kdf = HKDF(hashes.SHA256(), 32, salt=None, info=b"blind index of " + column.encode())
            key = self._index_keys[column] = kdf.derive(self._index_root)
        return hmac.digest(key, normalized.encode(), hashlib.sha256)[:_INDEX_BYTES]

    def needs_rotation(self, blob: bytes) -> bool:
        """True when the field was sealed with any other than the current key, format or suite."""
        return blob[: _HEADER.size] != self._current.header

    def reseal(self, column: str, row_id: UUID, blob: bytes) -> bytes:
        """The same value under the current key; a field that is already current comes back unchanged."""
        if not self.needs_rotation(blob):
            return blob
        return self.seal_bytes(column, row_id, self.open_bytes(column, row_id, blob))


def _read(file: Path) -> dict[str, Any]:
    try:
        ring: dict[str, Any] = json.loads(file.read_text())
    except ValueError:
        raise KeyRingRefused(f"{file.name} is not JSON") from None
    return ring


def _bound(header: bytes, column: str, row_id: UUID) -> bytes:
    return header + column.encode() + b"\x00" + row_id.bytes


def generate_key_ring(*, development: bool = False, suite: str = AES_256_GCM_SIV) -> dict[str, Any]:
    """A new ring with one key and an index root of its own. A ring marked development is refused in production."""
    return {
        "development": development,
        "current": 1,
        "keys": {"1": _new_key(suite)},
        "index_key": base64.b64encode(os.urandom(32)).decode(),
    }


def generate_key_file(path: str | Path, *, development: bool = False, suite: str = AES_256_GCM_SIV) -> None:
    """Writes a new ring, readable by its owner only. Never overwrites one: that would lose every sealed field."""
    _write(Path(path), generate_key_ring(development=development, suite=suite), os.O_EXCL)


def add_key(path: str | Path, *, suite: str = AES_256_GCM_SIV) -> int:
    """Adds a key to a ring file and makes it current; older keys stay for reading until everything is sealed again."""
    file = Path(path)
    ring = json.loads(file.read_text())
    new_id = max(int(key_id) for key_id in ring["keys"]) + 1
    ring["keys"][str(new_id)] = _new_key(suite)
    ring["current"] = new_id
    FieldCipher(ring)
    fresh = file.with_name(file.name + ".new")
    _write(fresh, ring, os.O_TRUNC)
    fresh.replace(file)
    return new_id


def _new_key(suite: str) -> dict[str, str]:
    if suite not in _KEY_BYTES:
        raise KeyRingRefused(f"unknown suite {suite!r}")
    return {"suite": suite, "key": base64.b64encode(os.urandom(_KEY_BYTES[suite])).decode()}


def _write(path: Path, ring: dict[str, Any], flag: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(ring, file, indent=2)
        file.write("\n")
