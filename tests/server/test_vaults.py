"""The account's key in custody: every state, every act, every code."""

from __future__ import annotations

import base64
import itertools

import pytest

from store.server.settings import DATABASE
from store.server.sqlite import File
from tests.server.listening import eventually
from tests.server.running import running

BASE = "/api/v1/me/encryption-vault"
WRAP = {
    "recoveryWrappedMk": base64.b64encode(b"w" * 48).decode(),
    "recoveryIv": base64.b64encode(b"i" * 12).decode(),
}
MASTER = base64.b64encode(bytes(range(32))).decode()
KEY, BLOB, OK = "a key", "a blob", "ok"


class Custody:
    """One person's vault over HTTP."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.bearer = person.bearer()

    def __call__(self, act, body=None):
        """What an act came to: a kind of answer, or (status, code)."""
        method, path = {
            "status": ("GET", "status"),
            "init": ("POST", "init"),
            "key": ("GET", "key"),
            "rotate": ("POST", "rotate"),
            "set": ("POST", "recovery-wrap"),
            "clear": ("DELETE", "recovery-wrap"),
            "on": ("POST", "zero-knowledge"),
            "off": ("POST", "zero-knowledge"),
        }[act]
        given = {"set": WRAP, "on": {"enable": True}, "off": {"enable": False}}
        if act == "off":
            given["off"]["masterKey"] = MASTER
        body = given.get(act) if body is None else body
        self.answer = self.person.request(method, f"{BASE}/{path}", json=body, headers=self.bearer)
        told = self.answer.json()
        if self.answer.status_code != 200:
            return self.answer.status_code, told["code"]
        if "masterKey" in told:
            assert set(told) == {"masterKey", "formatVersion", "kekId"}
            assert len(base64.b64decode(told["masterKey"])) == 32
            return KEY
        if "requiresRecoveryCode" in told:
            assert told == {"requiresRecoveryCode": True, **WRAP, "formatVersion": 1}
            return BLOB
        return OK

    def key(self):
        assert self("key") == KEY
        return self.answer.json()["masterKey"]

    def audited(self):
        rows = self.server.context.identity.view(lambda rows: rows.audited(self.person.id))
        return [(action, outcome) for action, outcome, _instant in rows]


@pytest.fixture
def custody(shared, people):
    return Custody(shared, people())


TO = {
    "absent": [],
    "standard": ["init"],
    "recovery": ["init", "set"],
    "zero knowledge": ["init", "set", "on"],
}
MISSING = (404, "VAULT_NOT_INITIALISED")
TABLE = {
    # act: absent, standard, recovery, zero knowledge
    "init": (KEY, KEY, KEY, BLOB),
    "key": (MISSING, KEY, KEY, BLOB),
    "rotate": (KEY, KEY, KEY, (409, "ZK_ROTATE_FORBIDDEN")),
    "set": (MISSING, OK, OK, OK),
    "clear": (MISSING, OK, OK, (409, "ZK_ACTIVE")),
    "on": (MISSING, (400, "RECOVERY_WRAP_MISSING"), OK, OK),
    "off": (MISSING, OK, OK, OK),
}
AFTER = {
    # (vault, recovery wrap, zero knowledge) behind an act that was answered with 200
    "init": ((1, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)),
    "key": (None, (1, 0, 0), (1, 1, 0), (1, 1, 1)),
    "rotate": ((1, 0, 0), (1, 0, 0), (1, 0, 0), None),
    "set": (None, (1, 1, 0), (1, 1, 0), (1, 1, 1)),
    "clear": (None, (1, 0, 0), (1, 0, 0), None),
    "on": (None, None, (1, 1, 1), (1, 1, 1)),
    "off": (None, (1, 0, 0), (1, 1, 0), (1, 1, 0)),
}


def state(custody):
    assert custody("status") == OK
    told = custody.answer.json()
    assert (told["recoverySetAt"] is not None) == told["hasRecoveryWrap"]
    return tuple(int(told[n]) for n in ("vaultExists", "hasRecoveryWrap", "zeroKnowledge"))


@pytest.mark.parametrize(("act", "number"), [*itertools.product(TABLE, range(4))])
def test_every_act_in_every_state(custody, act, number):
    for before in list(TO.values())[number]:
        custody(before)
    before = state(custody)
    assert custody(act) == TABLE[act][number]
    assert state(custody) == (AFTER[act][number] or before)


@pytest.mark.parametrize("body", [
    {}, {"recoveryWrappedMk": WRAP["recoveryWrappedMk"]}, {"recoveryWrappedMk": "!", **WRAP} | {
        "recoveryWrappedMk": "!"}, WRAP | {"recoveryIv": "AAAA"}, WRAP | {"recoveryIv": 5},
    WRAP | {"recoveryWrappedMk": "A" * 2000},
])  # fmt: skip
def test_a_recovery_wrap_of_the_wrong_form_is_refused(custody, body):
    custody("init")
    assert custody("set", body) == (400, "BAD_REQUEST")
    assert state(custody) == (1, 0, 0)


@pytest.mark.parametrize("body", [
    {"enable": False}, {"enable": False, "masterKey": "AAAA"}, {"enable": False, "masterKey": "!"},
    {"enable": False, "masterKey": 5}, {"enable": "no"}, {},
])  # fmt: skip
def test_leaving_zero_knowledge_takes_a_whole_key(custody, body):
    for act in TO["zero knowledge"]:
        custody(act)
    assert custody("on", body) == (400, "BAD_REQUEST")
    assert state(custody) == (1, 1, 1)


def test_a_body_that_is_no_object_is_refused(custody):
    custody("init")
    headers = {**custody.bearer, "Content-Type": "application/json"}
    for content in (b"{", b"[]", b"\xff"):
        answer = custody.person.post(f"{BASE}/recovery-wrap", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


def test_the_key_is_made_once_and_stays(custody, people, shared):
    assert custody("init") == KEY
    first = custody.answer.json()["masterKey"]
    assert custody("init") == KEY
    assert custody.key() == first
    other = Custody(shared, people())
    other("init")
    assert other.key() != first
    custody("rotate")
    assert custody.key() != first


def test_zero_knowledge_leaves_nothing_that_the_server_could_open(custody, shared):
    for act in ("init", "set"):
        custody(act)
    row = shared.context.identity.view(lambda rows: rows.vault(custody.person.id))
    assert row.wrapped
    custody("on")
    row = shared.context.identity.view(lambda rows: rows.vault(custody.person.id))
    assert (row.wrapped, row.wrap_iv) == ("", "")
    assert custody("off") == OK
    assert custody.key() == MASTER


def test_a_key_at_rest_is_wrapped_and_bound_to_its_person(shared, people):
    ann, bob = Custody(shared, people()), Custody(shared, people())
    for one in (ann, bob):
        one("init")
    key = ann.key()
    identity = shared.context.identity
    row = identity.view(lambda rows: rows.vault(ann.person.id))
    assert len(base64.b64decode(row.wrapped)) == 48
    data = b"".join(one.read_bytes() for one in shared.settings.data.iterdir())
    assert key.encode() not in data
    assert base64.b64decode(key) not in data
    identity.change(lambda rows: rows.put_vault(row._replace(user=bob.person.id)))
    answer = bob.person.get(f"{BASE}/key", headers=bob.bearer)
    assert (answer.status_code, answer.json()["statusCode"]) == (500, 500)


def test_failures_are_audited_too(custody):
    for act in ("key", "init", "key", "on", "set", "on", "rotate", "off", "clear"):
        custody(act)
    assert custody.audited() == [  # a fetch is written down with what comes after it
        ("fetch", "VAULT_NOT_INITIALISED"),
        ("init", "ok"),
        ("fetch", "ok"),
        ("zk_enable", "RECOVERY_WRAP_MISSING"),
        ("recovery_set", "ok"),
        ("zk_enable", "ok"),
        ("rotate", "ZK_ROTATE_FORBIDDEN"),
        ("zk_disable", "ok"),
        ("recovery_clear", "ok"),
    ]


def test_fetches_are_audited_within_a_second_and_at_the_end_without_a_write_for_each(tmp_path):
    with running(tmp_path / "data") as server:
        ann = Custody(server, server.person("ann@example.org"))
        ann("init")
        change, writes = server.context.identity.change, []
        server.context.identity.change = lambda act: (writes.append(act), change(act))[1]
        for _turn in range(20):
            ann.key()
        assert eventually(lambda: len(ann.audited()) == 21)
        assert len(writes) < 10
        ann.key()
    file = File(tmp_path / "data" / DATABASE)
    try:
        query = "SELECT count(*) FROM vault_audit"
        assert file.read(lambda c: c.execute(query).fetchone()) == (22,)
    finally:
        file.close()


def test_the_cookie_alone_opens_no_vault(people):
    ann = people()
    for method, path in (("GET", "status"), ("POST", "init"), ("GET", "key"), ("POST", "rotate")):
        answer = ann.request(method, f"{BASE}/{path}")
        assert answer.status_code == 401
        assert set(answer.json()) == {"statusCode", "message"}


def test_a_key_outlives_a_restart(tmp_path):
    with running(tmp_path / "data") as server:
        ann = Custody(server, server.person("ann@example.org"))
        ann("init")
        key = ann.key()
    with running(tmp_path / "data") as server:
        assert Custody(server, server.again("ann@example.org")).key() == key


def test_no_grant_is_given_for_missions(people):
    ann = people()
    body = {"missionId": "m", "tables": ["notes"], "recordIds": ["notes:1"]}
    path = "/api/v1/me/ai-mission-grant"
    answer = ann.post(path, json=body, headers=ann.bearer())
    assert (answer.status_code, answer.json()["code"]) == (503, "GRANT_NOT_CONFIGURED")
    assert ann.post(path, json=body).status_code == 401
