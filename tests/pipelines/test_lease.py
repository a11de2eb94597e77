"""A lease says who builds a store on an object store; it keeps nobody from building."""

from __future__ import annotations

import logging
import os
import time

import pytest

from manifests.storage import Storage, open_storage
from pipelines import lease
from pipelines.errors import LockedError
from pipelines.lease import holder, leased
from pipelines.lock import locked
from tests.s3 import Proxy


@pytest.fixture
def storage(s3: Proxy) -> Storage:
    return open_storage(f"s3://{s3.bucket}/store")


def test_it_says_who_builds_and_goes_with_the_build(storage: Storage) -> None:
    with locked(str(storage.root)):
        assert str(holder(storage)).startswith(f"process {os.getpid()} on ")
    assert not storage.exists(lease.NAME)


def test_a_second_build_is_told_and_goes_on(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    with leased(storage):
        first = holder(storage)
        with caplog.at_level(logging.WARNING), leased(storage):
            assert holder(storage) == first
        assert holder(storage) == first
    assert f"{storage.root} is being built by process {os.getpid()} on " in caplog.text


def test_what_must_run_alone_is_refused(storage: Storage) -> None:
    with (
        leased(storage),
        pytest.raises(LockedError, match=f"is being built by process {os.getpid()} on ") as caught,
        locked(str(storage.root), alone=True),
    ):
        pass
    assert caught.value.exit_code == 11
    with locked(str(storage.root), alone=True):
        pass


@pytest.mark.parametrize("content", [b'{"holder": "process 1 on old", "expires": 1000}', b"not JSON", b"[]", b"{}"])
def test_one_that_expired_or_is_none_is_passed_over(storage: Storage, content: bytes) -> None:
    storage.replace(lease.NAME, content)
    with leased(storage):
        assert str(holder(storage)).startswith(f"process {os.getpid()} on ")
    assert holder(storage) is None


def test_it_is_renewed(storage: Storage, s3: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)
    with leased(storage):
        deadline = time.monotonic() + 20
        while len([path for method, path in s3.asked if method == "PUT"]) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_build_does_not_fail_for_want_of_it(
    storage: Storage, s3: Proxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.fault = lambda method, path: "error-500" if method == "PUT" else None
    with caplog.at_level(logging.WARNING), leased(storage):
        assert holder(storage) is None
    assert "the lease cannot be written" in caplog.text
