"""S3: the objects below one address. Every request is counted, and tried again where that may help.

Credentials, region and endpoint are those of the usual AWS environment variables and files. A failure is
transient when the store says so (5xx, 429, SlowDown) or when the connection broke or stayed silent. Whether a
PUT took effect is then unknown: it is sent again, and If-None-Match lets it succeed once at most.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import IO, Any, TypeVar

from manifests.errors import RemoteError
from manifests.requests import Requests
from manifests.storage import Listed

try:
    import aiohttp
    import s3fs
    from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import HTTPClientError as BrokenConnectionError
    from botocore.parsers import ResponseParserError
    from fsspec.asyn import sync
except ImportError as error:
    raise RemoteError("addresses on s3:// need the extra s3: pip install 'wavemill[s3]'") from error

T = TypeVar("T")
Call = Callable[[Any], Awaitable[T]]

CONNECT_SECONDS, READ_SECONDS = 10, 20
ATTEMPTS, GIVE_UP_SECONDS = 8, 60.0
"""Below the seconds that one recording may take, so that a slow network is not mistaken for a bad recording."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0
BLOCK_BYTES = 1 << 20
PAGE = 1000
"""Names that a store lists at a time; it gives no more."""

_TRANSIENT = (
    NoConnectionError,
    BrokenConnectionError,
    IncompleteReadError,
    ResponseParserError,
    aiohttp.ClientError,
    ConnectionError,
    TimeoutError,
)
_TRANSIENT_CODES = {"SlowDown", "RequestTimeout", "ConditionalRequestConflict"}
_MISSING_CODES = {"NoSuchKey", "404"}


class S3:
    """The objects whose keys begin with the prefix of `address`, each named by the rest of its key."""

    def __init__(self, address: str, requests: Requests | None = None) -> None:
        self.address = address.rstrip("/")
        self.requests = Requests() if requests is None else requests
        self._bucket, _, prefix = self.address.partition("://")[2].partition("/")
        if not self._bucket:
            raise RemoteError(f"{address}: names no bucket; write s3://bucket/prefix")
        self._prefix = f"{prefix}/" if prefix else ""

    def get(self, name: str, offset: int | None = None, size: int | None = None) -> bytes:
        """The content of an object, or up to `size` bytes of it from `offset` on; FileNotFoundError without one."""
        if size == 0:
            return b""

        async def get(client: Any) -> bytes:
            answer = await client.get_object(Bucket=self._bucket, Key=self._prefix + name, **_range(offset, size))
            async with answer["Body"] as body:
                content: bytes = await body.read()
            return content

        try:
            content = self._call("get", name, get)
        except _BeyondTheEndError:
            return b""
        self.requests.received_bytes += len(content)
        return content

    def download(self, name: str, sink: IO[bytes]) -> None:
        """Writes the content of an object into an empty file, block by block; FileNotFoundError without one."""

        async def get(client: Any) -> None:
            sink.seek(0)
            sink.truncate()
            answer = await client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            async with answer["Body"] as body:
                while block := await body.read(BLOCK_BYTES):
                    sink.write(block)

        self._call("get", name, get)
        sink.flush()
        self.requests.received_bytes += sink.tell()

    def put(self, name: str, body: bytes | IO[bytes], size: int, if_absent: bool = False) -> bool:
        """Writes an object in one request; False where `if_absent` is asked for and an object has that name.

        After an ambiguous failure that object may be the one that an earlier attempt wrote: compare.
        """
        condition = {"IfNoneMatch": "*"} if if_absent else {}

        async def put(client: Any) -> None:
            if not isinstance(body, bytes):
                body.seek(0)
            self.requests.sent_bytes += size
            await client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=body, **condition)

        try:
            self._call("put", name, put)
        except FileExistsError:
            return False
        return True

    def exists(self, name: str) -> bool:
        try:
            self._call("head", name, lambda client: client.head_object(Bucket=self._bucket, Key=self._prefix + name))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        self._call("delete", name, lambda client: client.delete_object(Bucket=self._bucket, Key=self._prefix + name))

    def list(self, folder: str = "", below: bool = True) -> Iterator[Listed]:
        """The objects of a folder in the order of their names; without `below` only those that lie in itself.

        One request for each thousand of them, none for a single object.
        """
        prefix = self._prefix + (f"{folder}/" if folder else "")
        asked = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": PAGE} | ({} if below else {"Delimiter": "/"})
        while True:
            page = self._call("list", folder, lambda client: client.list_objects_v2(**asked))
            for item in page.get("Contents", ()):
                name = item["Key"].removeprefix(self._prefix)
                if not name.endswith("/"):
                    yield Listed(name, item["Size"], item["ETag"], item["LastModified"].timestamp())
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _call(self, kind: str, name: str, call: Call[T]) -> T:
        """The answer to a request, which is sent again as long as its failures are transient."""
        began = time.monotonic()
        for attempt in count(1):
            self.requests.count(kind)
            try:
                filesystem = _filesystem()
                answer: T = sync(filesystem.loop, _send, filesystem, call)
                return answer
            except (BotoCoreError, ClientError, *_TRANSIENT) as error:
                given_up = attempt == ATTEMPTS or time.monotonic() - began > GIVE_UP_SECONDS
                if given_up or not _is_transient(error):
                    raise _translated(error, f"{self.address}/{name}", attempt) from error
            longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            time.sleep(longest * secrets.randbelow(1000) / 1000)  # so that builders do not come back all at once
        raise AssertionError("attempts end")


class _BeyondTheEndError(Exception):
    """A range that begins after the last byte."""


async def _send(filesystem: Any, call: Call[T]) -> T:
    await filesystem.set_session()
    return await call(await filesystem.get_s3())


def _filesystem() -> Any:
    """The connections of this process and thread; s3fs keeps one for each, also after a fork."""
    config = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"total_max_attempts": 1},  # they are counted here
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return s3fs.S3FileSystem(endpoint_url=endpoint, config_kwargs=config, use_listings_cache=False)


def _range(offset: int | None, size: int | None) -> dict[str, str]:
    if offset is None and size is None:
        return {}
    start = offset or 0
    return {"Range": f"bytes={start}-{'' if size is None else start + size - 1}"}


def _is_transient(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status >= 500 or status == 429 or error.response["Error"]["Code"] in _TRANSIENT_CODES
    return isinstance(error, _TRANSIENT)


def _translated(error: Exception, address: str, attempts: int) -> Exception:
    """A failure in the words of this project, the address in front."""
    if not isinstance(error, ClientError):
        return RemoteError(f"{address}: {error or type(error).__name__} (attempt {attempts})")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _MISSING_CODES:
        return FileNotFoundError(2, "no such object", address)
    if status == 412:
        return FileExistsError(17, "an object of that name is there", address)
    if status == 416:
        return _BeyondTheEndError(address)
    return RemoteError(f"{address}: {code}: {message} (attempt {attempts})")
