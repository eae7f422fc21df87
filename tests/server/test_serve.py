"""`manabench serve` as an operator meets it: real processes, real signals, words and no traces."""

from __future__ import annotations

import random
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import httpx2
import pytest

from store.errors import UsageError
from store.server import serving as service
from store.server.settings import Settings, base_url, origin_of
from tests.server.process import add_user, serving
from tests.server.running import PASSWORD, running

SERVE = ("serve", "--port", "0", "--data")


@pytest.fixture
def data(home) -> Path:
    return home.root / "server"


# Running ----------------------------------------------------------------------------------------


def test_it_starts_by_one_command_says_where_and_ends_in_order(manabench, data):
    add_user(manabench, data, "ann@example.org", "--name", "Ann")
    with serving(manabench, data) as served:
        assert served.line.strip() == f"Serving {data} at {served.url}"
        ann = served.again("ann@example.org")
        assert ann.get("/api/auth/get-session").json()["user"]["name"] == "Ann"
        pull = "/sync/todo/pull?collection=tasks&since=2000-01-01T00:00:00Z"
        assert ann.get(pull, headers=ann.bearer()).status_code == 200
        assert ann.get("/health").json()["status"] == "ok"
        assert "server" not in ann.get("/health").headers
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
        assert set(modes.values()) == {0o600}
        with open(f"/proc/{served.child.pid}/net/tcp") as file:
            port = int(served.url.rpartition(":")[2])
            bound = [line.split()[1] for line in file if f":{port:04X} " in line]
        assert f"0100007F:{port:04X}" in bound
        assert f"00000000:{port:04X}" not in bound
        assert served.stop() == (0, "", "")


def test_ctrl_c_ends_it_as_well_even_with_a_stream_open(manabench, data):
    add_user(manabench, data, "ann@example.org")
    with serving(manabench, data) as served:
        ann = served.again("ann@example.org")
        with ann.stream("GET", "/sync/todo/stream?collections=tasks", headers=ann.bearer()) as got:
            assert got.status_code == 200
            began = time.monotonic()
            code, _out, _err = served.stop(signal.SIGINT)
            assert code == 0
            assert time.monotonic() - began < 20


@pytest.mark.slow
def test_the_operator_s_commands_work_while_it_runs(manabench, data):
    where = ("--data", str(data))
    with serving(manabench, data) as served:
        add_user(manabench, data, "ann@example.org", "--name", "Ann")
        add_user(manabench, data, "bob@example.org")
        ann = served.again("ann@example.org")
        listed = manabench("serve", "user", "list", *where, "--json").data
        assert [(one["email"], one["name"], one["sessions"]) for one in listed] == [
            ("ann@example.org", "Ann", 1),
            ("bob@example.org", "bob", 0),
        ]
        passwd = ("serve", *where, "user", "passwd", "ann@example.org", "--password-stdin")
        told = manabench(*passwd, "--json", input="another password\n").data
        assert told["sessionsEnded"] == 1
        assert ann.get("/api/auth/token").status_code == 401
        assert served.again("ann@example.org", "another password").get("/api/auth/token")
        remove = ("serve", "user", "remove", "bob@example.org", *where)
        assert manabench(*remove).code == 2
        assert manabench(*remove, "--yes", "--json").data["removed"] is True
        assert manabench(*remove, "--yes").code == 3
        again = served.nobody("bob@example.org")
        body = {"email": again.email, "password": PASSWORD}
        assert again.post("/api/auth/sign-in/email", json=body).status_code == 401
        text = manabench("serve", "user", "list", *where).out
        assert text.split()[:2] == ["ann@example.org", "Ann"]


@pytest.mark.slow
def test_a_folder_is_served_by_one_process(manabench, data):
    with serving(manabench, data) as served:
        second = manabench(*SERVE, str(data), "--json")
        assert second.code == 5
        assert str(served.child.pid) in second.error["message"]
        assert served.nobody().get("/health").status_code == 200
    with serving(manabench, data):
        pass


def test_a_port_that_is_taken_is_told(manabench, data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = manabench("serve", "--port", port, "--data", str(data))
    assert told.code == 1
    assert port in told.err
    assert "--port" in told.err
    assert "Traceback" not in told.err
    assert not data.exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--host", "0.0.0.0"], 2, "--public-url"),
        (["--host", "no.such.host.invalid"], 2, "--host"),
        (["--public-url", "example.org"], 2, "https://"),
        (["--public-url", "https://a:b@example.org"], 2, "https://"),
        (["--web-origin", "page"], 2, "https://"),
        (["--port", "70000"], 2, "65535"),
        (["nix"], 2, "user"),
    ],
)
def test_a_call_that_cannot_be_says_what_to_do(manabench, data, words, code, said):
    told = manabench(*SERVE, str(data), *words)
    assert told.code == code
    assert said in told.err
    assert not data.exists()


def test_a_folder_that_is_a_file_is_told(manabench, home):
    (home.root / "file").write_text("x")
    told = manabench(*SERVE, str(home.root / "file"))
    assert (told.code, "--data" in told.err) == (1, True)
    assert (home.root / "file").read_text() == "x"


def test_a_password_is_never_an_argument_nor_asked_for_without_a_terminal(manabench, data):
    add = ("serve", "user", "add", "ann@example.org", "--data", str(data))
    assert manabench(*add).code == 2
    assert manabench(*add, "--password", PASSWORD).code == 2
    short = manabench(*add, "--password-stdin", input="short\n")
    assert short.code == 2
    assert "short" not in short.out + short.err
    assert manabench("serve", "user", "list", "--data", str(data), "--json").data == []


def test_a_password_is_typed_twice_on_a_terminal(manabench, data):
    add = ("serve", "user", "add", "ann@example.org", "--data", str(data))
    screen = manabench.terminal(*add)
    for prompt in ("Password:", "The same again:"):
        screen.wait_for(prompt)
        screen.send(PASSWORD.encode() + b"\r")
    screen.wait_for("has an account")
    assert screen.wait_exit() == 0
    assert PASSWORD.encode() not in screen.raw()


# What it warns of, and what it is called ---------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "public", "signup", "warnings"),
    [
        ("127.0.0.1", "http://127.0.0.1:3050", True, 0),
        ("::1", "http://[::1]:3050", False, 0),
        ("localhost", "https://sync.example.org", False, 0),
        ("192.0.2.1", "https://sync.example.org", False, 0),
        ("192.0.2.1", "http://192.0.2.1:3050", False, 1),
        ("0.0.0.0", "http://sync.example.org", True, 2),
        ("127.0.0.1", "https://sync.example.org", True, 1),
    ],
)
def test_it_warns_where_a_network_could_read_along(tmp_path, host, public, signup, warnings):
    settings = Settings(tmp_path, public=public, signup=signup)
    assert len(service.warnings(settings, host)) == warnings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" https://a.example/ ", "https://a.example"),
        ("http://a.example:8080/base/", "http://a.example:8080/base"),
        ("ftp://a", None),
        ("https://", None),
        ("https://a/?x", None),
        ("https://a:x", None),
        ("//a", None),
    ],
)
def test_a_base_url_is_one_that_clients_can_use(given, expected):
    if expected is None:
        with pytest.raises(UsageError):
            base_url(given)
    else:
        assert base_url(given) == expected


def test_an_origin_has_one_form():
    assert origin_of("HTTPS://Example.ORG:443/path?x") == "https://example.org"
    assert origin_of("http://[::1]:3050/") == "http://[::1]:3050"
    assert [origin_of(bad) for bad in ("", "null", "x", "http://a:b", "file:///x")] == [""] * 5


def test_answers_never_wait_for_an_acknowledgement():
    # The loop switches Nagle's algorithm off only for sockets that name their protocol.
    with service.bound("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


# Routes that are none ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [
    "/nix", "/api/nix", "/../server.key", "/%2e%2e/server.key", "/static/../server.db",
    "/sync", "/sync/a/b/c", "//etc/passwd", "/api/v1/auth/login/x", "/\x00",
])  # fmt: skip
def test_no_path_leads_to_a_file(shared, path):
    with socket.create_connection(("127.0.0.1", int(shared.url.rpartition(":")[2]))) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"SQLite" not in answer


def test_unknown_routes_answer_as_clients_expect(shared):
    nobody = shared.nobody()
    plain, native = nobody.get("/nix"), nobody.get("/api/auth/nix")
    assert plain.headers["content-type"].startswith("text/plain")
    assert (native.status_code, native.content) == (404, b"")
    trimmed = nobody.get("/api/auth/jwks/?x=1")
    assert (trimmed.status_code, trimmed.headers["location"]) == (301, "/api/auth/jwks?x=1")
    assert "//" not in nobody.get("//evil.example.org/").headers.get("location", "")
    assert nobody.get("/api/v1/auth/login").status_code == 405


def test_a_fault_says_nothing_of_what_it_met(shared, people, monkeypatch, caplog):
    def broken(*_args):
        raise ValueError("a secret in a message")

    ann = people()
    monkeypatch.setattr(shared.context.identity, "view", broken)
    for path in ("/api/auth/get-session", "/api/v1/auth/profile"):
        answer = ann.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
    ours = [one for one in caplog.records if not one.name.startswith("http")]
    assert "ValueError in store.server" in ours[0].getMessage()
    assert all("secret" not in one.getMessage() and one.exc_info is None for one in ours)


# Crashes -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_acknowledged_write_is_lost_by_a_kill(manabench, data):
    add_user(manabench, data, "ann@example.org")
    dice = random.Random(4)
    spaces: list[str] = []
    pushed: list[str] = []
    for turn in range(2):
        with serving(manabench, data) as served:
            ann = served.again("ann@example.org")
            bearer = ann.bearer()
            killer = threading.Timer(dice.uniform(0.1, 0.6), served.kill)
            killer.start()
            try:
                for number in range(100_000):
                    id = f"t{turn}-{number}"
                    push = {"clientId": "a", "since": "2999-01-01T00:00:00Z", "changes": [task(id)]}
                    answer = ann.post("/sync/todo", json=push, headers=bearer)
                    assert answer.status_code == 200
                    pushed.append(id)
                    if number % 4 == 0:
                        team = {"name": id, "slug": id, "metadata": {"type": "team"}}
                        spaces.append(ann.org("create", **team).json()["id"])
            except httpx2.TransportError:
                pass
            killer.join()
    assert pushed
    assert spaces
    with running(data) as server:
        ann = server.again("ann@example.org")
        listed = {one["id"] for one in ann.get("/api/auth/organization/list").json()}
        assert set(spaces) <= listed
        assert set(pushed) <= everything(ann)


def task(id):
    fields = {"title": {"value": id, "at": "2026-01-01T00:00:00.000Z"}}
    return {"table": "tasks", "id": id, "op": "update", "fields": fields}


def everything(person):
    """The ids of all tasks, page by page."""
    found, since, more = set(), "2000-01-01T00:00:00Z", True
    bearer = person.bearer()
    while more:
        query = {"collection": "tasks", "since": since}
        page = person.get("/sync/todo/pull", params=query, headers=bearer).json()
        found |= {row["id"] for row in page["serverChanges"]}
        since, more = page["syncedUntil"], page.get("hasMore", False)
    return found


def test_the_only_owner_of_others_spaces_is_not_removed(server):
    from store.errors import GuardError, NotFoundError
    from tests.server.test_orgs import get, join, make

    ann, bob = server.person("ann@example.org"), server.person("bob@example.org")
    alone, shared = make(ann), make(ann)
    join(ann, bob, shared)
    data = server.settings.data
    with pytest.raises(GuardError, match="only owner"):
        service.remove(data, "ann@example.org")
    ann.org("leave", organizationId=shared)
    ann.org("delete", organizationId=shared)
    service.remove(data, " Ann@Example.org ")
    gone = server.context.identity.view(lambda rows: [rows.user(ann.id), rows.organization(alone)])
    assert gone == [None, None]
    assert ann.get("/api/auth/get-session").json() is None
    assert len(get(bob, "list").json()) == 1
    with pytest.raises(NotFoundError):
        service.remove(data, "ann@example.org")


def test_a_body_that_does_not_arrive_is_not_waited_for(shared, monkeypatch):
    monkeypatch.setattr("store.server.answers.PATIENCE", 0.2)
    port = int(shared.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert raw.recv(65536).split(b" ")[1] == b"408"


def test_a_database_that_cannot_be_opened_is_told(manabench, data):
    data.mkdir(mode=0o700)
    (data / "server.key").write_text("A" * 43 + "=\n")
    (data / "server.db").mkdir()
    told = manabench(*SERVE, str(data))
    assert told.code == 1
    assert "server.db" in told.err
    assert "Unexpected fault" not in told.err
