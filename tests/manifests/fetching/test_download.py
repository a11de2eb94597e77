from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from manifests.errors import FetchError
from manifests.fetching import download as downloading
from manifests.fetching.download import download
from manifests.fetching.partial import Came, Partial
from manifests.fetching.source import Archive
from tests.manifests.fetching.heard import Heard
from tests.manifests.fetching.server import Asked, Shelf, serving

CONTENT = random.Random(7).randbytes(300_000)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def archive(shelf: Shelf, *paths: str, size: int | None = None, digest: str | None = DIGEST) -> Archive:
    return Archive("a.tar", tuple(f"{shelf.url}{path}" for path in paths or ("/a",)), size, digest)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def half_done(folder: Path, url: str, size: int, content: bytes = CONTENT, validator: str | None = None) -> None:
    """What a download leaves that was killed after `size` bytes."""
    with Partial(folder, "a.tar").writing(0, Came(url, validator, len(CONTENT))) as append:
        append(content[:size])


def test_a_file_comes_with_its_digest_checked_and_leaves_nothing_beside_it(
    shelf: Shelf, tmp_path: Path, heard: Heard
) -> None:
    shelf.files["/a"] = CONTENT
    path = download(archive(shelf, size=len(CONTENT)), tmp_path, heard)
    assert path.read_bytes() == CONTENT
    assert left(tmp_path) == ["a.tar"]
    assert heard.done["downloading a.tar"][-1] == (len(CONTENT), len(CONTENT))
    assert heard.done["checking a.tar"][-1] == (len(CONTENT), len(CONTENT))
    download(archive(shelf), tmp_path, heard)
    assert len(shelf.asked) == 1, "what is there is not asked for"


@pytest.mark.parametrize("seed", range(8))
def test_a_connection_that_breaks_is_taken_up_at_the_byte(
    shelf: Shelf, tmp_path: Path, heard: Heard, seed: int
) -> None:
    draw = random.Random(seed)
    shelf.files["/a"], shelf.etags["/a"] = CONTENT, '"v1"'
    shelf.cuts = [draw.choice([1, -1]) * draw.randrange(1, 60_000) for _ in range(4)]
    path = download(archive(shelf, digest=draw.choice([DIGEST, None])), tmp_path, heard)
    assert path.read_bytes() == CONTENT
    first, *others = shelf.asked
    assert first == Asked("/a", None, None, 200)
    assert len(others) == 4
    resumed = [one for one in others if one.range is not None]  # a reset may come before a byte has
    assert all(one.if_range == '"v1"' and one.status == 206 for one in resumed)
    starts = [int((one.range or "").removeprefix("bytes=").removesuffix("-")) for one in resumed]
    assert starts == sorted(starts)
    assert starts[-1] > 0


def test_a_download_that_was_given_up_goes_on_with_the_next_call(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.etags["/a"] = CONTENT, '"v1"'
    shelf.cuts = [0, 0, 0, 0, 1000, 100_000]
    with pytest.raises(FetchError) as caught:
        download(archive(shelf), tmp_path, heard)
    assert str(caught.value) == (
        f"a.tar cannot be had: {shelf.url}/a ended after 101,000 of 300,000 bytes, 5 times; "
        "101,000 bytes of it are kept, and the same command goes on there"
    )
    shelf.asked.clear()
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert shelf.asked == [Asked("/a", "bytes=101000-", '"v1"', 206)]


def test_a_server_that_ignores_ranges_begins_anew(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.ranges, shelf.cuts = CONTENT, False, [200_000, 100_000]
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert [one.status for one in shelf.asked] == [200, 200, 200]


def test_a_server_that_always_breaks_at_the_same_byte_is_given_up(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.ranges, shelf.cuts = CONTENT, False, [70_000] * 99
    with pytest.raises(FetchError, match="ended after 70,000 of 300,000 bytes, 5 times"):
        download(archive(shelf), tmp_path, heard)
    assert len(shelf.asked) == 5, "only the first brought something new"


def test_a_file_that_has_changed_meanwhile_is_fetched_whole(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.etags["/a"] = CONTENT, '"v2"'
    half_done(tmp_path, f"{shelf.url}/a", 1000, b"x" * 1000, validator='"v1"')
    assert download(archive(shelf, digest=None), tmp_path, heard).read_bytes() == CONTENT
    assert shelf.asked == [Asked("/a", "bytes=1000-", '"v1"', 200)]


def test_without_validator_and_digest_pieces_are_never_put_together(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.cuts = CONTENT, [1000]
    assert download(archive(shelf, digest=None), tmp_path, heard).read_bytes() == CONTENT
    assert [one.range for one in shelf.asked] == [None, None]


def test_another_mirror_goes_on_where_the_first_one_stopped(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/b"] = CONTENT
    half_done(tmp_path, f"{shelf.url}/a", 123_456, validator='"v1"')
    assert download(archive(shelf, "/a", "/b"), tmp_path, heard).read_bytes() == CONTENT
    assert shelf.asked == [Asked("/a", "bytes=123456-", '"v1"', 404), Asked("/b", "bytes=123456-", None, 206)]
    assert heard.said == [f"{shelf.url}/a answers with 404 Not Found"]


def test_pieces_that_do_not_fit_are_fetched_again_whole(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"] = CONTENT
    half_done(tmp_path, f"{shelf.url}/a", 1000, b"x" * 1000)
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert [one.range for one in shelf.asked] == ["bytes=1000-", None]
    assert heard.said == ["a.tar is not what it should be when put together from several tries; once more, whole"]


def test_a_wrong_digest_leads_to_the_next_mirror(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files |= {"/a": CONTENT[::-1], "/b": CONTENT}
    wrong = hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert download(archive(shelf, "/a", "/b"), tmp_path, heard).read_bytes() == CONTENT
    assert heard.said == [
        f"{shelf.url}/a has another file: its digest is sha256:{wrong}, it should be {DIGEST}; removed"
    ]


def test_a_wrong_digest_everywhere_leaves_nothing(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files |= {"/a": b"other", "/b": b"wrong"}
    with pytest.raises(FetchError) as caught:
        download(archive(shelf, "/a", "/b", digest="md5:" + "0" * 32), tmp_path, heard)
    found = {path: hashlib.md5(shelf.files[path]).hexdigest() for path in ("/a", "/b")}
    told = [
        f"{shelf.url}{path} has another file: its digest is md5:{digest}, it should be md5:{'0' * 32}; removed"
        for path, digest in found.items()
    ]
    assert str(caught.value) == f"a.tar cannot be had: {told[0]}; {told[1]}"
    assert left(tmp_path) == []


def test_a_file_of_another_size_is_refused_before_it_comes(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files |= {"/a": CONTENT + b"more", "/b": CONTENT}
    download(archive(shelf, "/a", "/b", size=len(CONTENT)), tmp_path, heard)
    assert heard.said == [f"{shelf.url}/a has another file: 300,004 bytes, there should be 300,000"]


def test_a_body_without_a_length_that_is_too_long_is_cut(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.chunked = CONTENT + b"more", True
    with pytest.raises(FetchError, match="sends more than the 300,000 bytes that there should be; removed"):
        download(archive(shelf, size=len(CONTENT)), tmp_path, heard)
    assert left(tmp_path) == []


def test_a_body_in_chunks_that_breaks_is_no_whole_file(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"], shelf.chunked, shelf.cuts = CONTENT, True, [5000]
    assert download(archive(shelf, digest=None), tmp_path, heard).read_bytes() == CONTENT
    assert "the connection broke" in heard.said[0]


def test_what_may_pass_is_tried_again_after_the_time_that_the_server_asks_for(
    shelf: Shelf, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(downloading.time, "sleep", slept.append)
    shelf.files["/a"] = CONTENT
    shelf.answers["/a"] = [(503, {}), (429, {"Retry-After": "7"}), (502, {"Retry-After": "Wed, 21 Oct 2015 07:28 GMT"})]
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert slept == [0.0, 7.0, 0.0]
    assert heard.said[0] == f"{shelf.url}/a answers with 502 Bad Gateway; trying again"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_will_not_pass_is_not_tried_again(shelf: Shelf, tmp_path: Path, heard: Heard, status: int) -> None:
    shelf.files |= {"/a": CONTENT, "/b": CONTENT}
    shelf.answers["/a"] = [(status, {})]
    assert download(archive(shelf, "/a", "/b"), tmp_path, heard).read_bytes() == CONTENT
    assert [(one.path, one.status) for one in shelf.asked] == [("/a", status), ("/b", 200)]


def test_nobody_at_home_leads_to_the_next_mirror(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"] = CONTENT
    away = Archive("a.tar", ("http://127.0.0.1:9/a", f"{shelf.url}/a"), None, DIGEST)
    assert download(away, tmp_path, heard).read_bytes() == CONTENT
    assert heard.said[-1] == "http://127.0.0.1:9/a cannot be reached: [Errno 111] Connection refused, 5 times"


def test_a_redirect_keeps_the_range(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/b"] = CONTENT
    shelf.answers["/a"] = [(302, {"Location": "/b"})]
    half_done(tmp_path, f"{shelf.url}/a", 1000)
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert [(one.path, one.range, one.status) for one in shelf.asked] == [
        ("/a", "bytes=1000-", 302),
        ("/b", "bytes=1000-", 206),
    ]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher:x"])
def test_a_redirect_to_anything_but_the_web_is_not_followed(
    shelf: Shelf, tmp_path: Path, heard: Heard, address: str
) -> None:
    shelf.answers["/a"] = [(302, {"Location": address})] * 9
    with pytest.raises(FetchError, match=r"a\.tar cannot be had"):
        download(archive(shelf), tmp_path, heard)
    assert left(tmp_path) == []


def test_a_file_that_was_whole_when_it_was_killed_is_checked_and_not_asked_for(
    shelf: Shelf, tmp_path: Path, heard: Heard
) -> None:
    half_done(tmp_path, f"{shelf.url}/a", len(CONTENT))
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert shelf.asked == []


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"url": 1}'])
def test_a_note_that_a_crash_has_damaged_means_beginning_anew(
    shelf: Shelf, tmp_path: Path, heard: Heard, note: bytes
) -> None:
    shelf.files["/a"] = CONTENT
    half_done(tmp_path, f"{shelf.url}/a", 1000)
    (tmp_path / "a.tar.part.json").write_bytes(note)
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert [one.range for one in shelf.asked] == [None]


def test_more_than_the_whole_file_begins_anew(shelf: Shelf, tmp_path: Path, heard: Heard) -> None:
    shelf.files["/a"] = CONTENT
    half_done(tmp_path, f"{shelf.url}/a", len(CONTENT) + 9, CONTENT + b"more stuff")
    assert download(archive(shelf), tmp_path, heard).read_bytes() == CONTENT
    assert [(one.range, one.status) for one in shelf.asked] == [("bytes=300009-", 416), (None, 200)]


def test_from_https_to_http_only_where_a_digest_tells_what_came(
    shelf: Shelf, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    shelf.files["/a"] = CONTENT
    with serving(Shelf(), pem) as safe:
        safe.answers["/a"] = [(302, {"Location": f"{shelf.url}/a"})] * 3
        with pytest.raises(FetchError, match=r"/a its certificate is not good: self.signed certificate"):
            download(archive(safe), tmp_path, heard)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        with pytest.raises(FetchError, match=f"leads from https to {shelf.url}/a, and no digest is known"):
            download(archive(safe, digest=None), tmp_path, heard)
        assert download(archive(safe), tmp_path, heard).read_bytes() == CONTENT


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wavemill test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "safe.pem"
    path.write_bytes(written + made.public_bytes(serialization.Encoding.PEM))
    os.chmod(path, 0o600)
    return path
