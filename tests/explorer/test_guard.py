"""Who is let in: by name, by origin, by token; and what every answer forbids the browser."""

from __future__ import annotations

import pytest

from tests.explorer.asking import HERE, client

WALK = {"source": {"signal": "tone"}, "show": [[-1, None]]}


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1:80", "[::1]:8765", "LOCALHOST:1"])
def test_this_machine_may_ask(host):
    assert client().get("/api/signals", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0:8765", ""])
def test_names_that_are_not_ours_are_refused(host):
    answer = client().get("/api/signals", headers={"host": host})
    assert answer.status_code == 403
    assert "another name" in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_pages_of_other_sites_send_nothing(headers):
    visitor = client()
    del visitor.headers["origin"]
    assert visitor.post("/api/walk", json=WALK, headers=headers).status_code == 403


def test_a_link_on_another_site_may_open_a_page():
    visitor = client()
    del visitor.headers["origin"]
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert visitor.get("/", headers=headers).status_code == 200
    assert visitor.get("/api/signals", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_what_sends_something_says_where_it_comes_from():
    visitor = client()
    assert visitor.post("/api/walk", json=WALK).status_code == 200
    del visitor.headers["origin"]
    assert visitor.post("/api/walk", json=WALK).status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/about", "/static/api.js", "/nothing", "/static/nothing"])
def test_every_answer_forbids_what_is_foreign(path):
    headers = client().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_another_host_needs_a_token():
    visitor = client(hosts=["lab.example"], token="secret")
    asked = {"host": "lab.example", "origin": "http://lab.example"}
    assert visitor.get("/api/signals", headers=asked).status_code == 401
    assert visitor.get("/api/signals?token=wrong", headers=asked).status_code == 401
    came = visitor.get("/api/signals?token=secret&x=1", headers=asked, follow_redirects=False)
    assert came.status_code == 303
    assert came.headers["location"] == "/api/signals?x=1"
    cookie = came.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    pair = cookie.partition(";")[0]
    assert visitor.get("/api/signals", headers={**asked, "cookie": pair}).status_code == 200
    assert visitor.get("/api/signals", headers={**asked, "cookie": "wavemill=wrong"}).status_code == 401


@pytest.mark.parametrize("path", ["/user/ada/proxy/8765/api/signals", "/api/signals"])
def test_a_proxy_may_pass_its_path_on_or_take_it_away(path):
    visitor = client(base_url="/user/ada/proxy/8765/")
    assert visitor.get(path).status_code == 200
    page = visitor.get("/user/ada/proxy/8765/")
    assert page.status_code == 200
    assert 'content="/user/ada/proxy/8765/"' in page.text
    assert HERE not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pyproject.toml",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/explorer/app.py",
        "/static/..\\app.py",
        "/static//etc/passwd",
        "/static/%00",
        "/stores/..%2f..",
        "/chapters/99",
        "/api/stages/..%2fx",
        "/api/corpora/%2e%2e",
    ],
)
def test_no_request_is_a_path(path):
    answer = client().get(path)
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text
