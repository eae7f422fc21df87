"""The harness itself: what a test relies on when it says that a screen shows something."""

from __future__ import annotations

import re
import signal
import sys
import textwrap
import time

import pytest

from tests.harness import keys
from tests.harness.emulator import Emulator, Style
from tests.harness.terminal import clean_environment

PYTHON = [sys.executable, "-c"]


def program(source: str) -> list[str]:
    return [*PYTHON, textwrap.dedent(source)]


def test_typed_text_reaches_the_program_and_its_answer_the_screen(terminal):
    term = terminal(["cat"])
    term.type("grüße\n").wait_for(re.compile("grüße\ngrüße"))
    term.press("ctrl+d")
    assert term.wait_exit() == 0


def test_a_text_that_never_comes_fails_with_the_screen_in_the_message(terminal):
    term = terminal(["cat"]).type("something else\n")
    with pytest.raises(AssertionError, match="something else"):
        term.wait_for("never", limit=0.3)


def test_waiting_for_a_program_that_has_ended_fails_at_once(terminal):
    started = time.perf_counter()
    with pytest.raises(AssertionError, match="ended while waiting"):
        terminal(["true"]).wait_for("never", limit=10)
    assert time.perf_counter() - started < 5


def test_wait_gone_waits_for_a_text_to_leave(terminal):
    term = terminal(["sh", "-c", "printf here; sleep 0.3; printf '\\033[2J\\033[Hgone'; sleep 9"])
    term.wait_for("here").wait_gone("here").wait_for("gone")


def test_the_exit_status_is_the_code_or_minus_the_signal(terminal):
    assert terminal(["sh", "-c", "exit 7"]).wait_exit() == 7
    assert terminal(["sleep", "30"]).signal(signal.SIGTERM).wait_exit() == -signal.SIGTERM
    assert terminal(["sleep", "30"]).kill() == -signal.SIGKILL


def test_the_last_words_of_a_program_are_on_the_screen_after_its_end(terminal):
    term = terminal(["sh", "-c", "seq 1 500; echo last words"])
    term.wait_exit()
    assert "last words" in term.text


def test_a_lost_terminal_is_a_hang_up_for_the_program(terminal, tmp_path):
    seen = tmp_path / "seen"
    term = terminal(["sh", "-c", f"trap 'echo hup > {seen}; exit' HUP; echo on; read x; read y"])
    term.wait_for("on").close_pty()
    term.wait_exit()
    assert seen.read_text() == "hup\n"


def test_a_new_size_reaches_the_program(terminal):
    term = terminal(
        ["bash", "--norc", "-c", "trap 'stty size' WINCH; echo on; while :; do read -t 1; done"]
    )
    term.wait_for("on").resize(61, 17).wait_for("17 61")
    assert len(term.screen) == 17


def test_the_program_gets_a_controlling_terminal_of_the_asked_size(terminal):
    term = terminal(["sh", "-c", "stty size </dev/tty; sleep 9"], cols=33, rows=9)
    term.wait_for("9 33")


def test_a_program_can_be_suspended_below_a_shell_and_continued(terminal):
    term = terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "ready> "})
    term.wait_for("ready>").type("cat\n").settle().press("ctrl+z").wait_for("Stopped")
    term.type("fg\n").settle().type("again\n").wait_for(re.compile("again\nagain"))


def test_escape_stays_a_key_of_its_own(terminal):
    term = terminal(
        program(
            """
            import os, sys, termios, tty
            tty.setraw(0); print("on", end="", flush=True)
            os.read(0, 9)
            print("", len(os.read(0, 9)), end="", flush=True); os.read(0, 9)
            """
        )
    )
    term.wait_for("on").press("escape", "j").wait_for("on 1")


def test_a_program_that_leaves_the_terminal_in_disorder_is_told_on(terminal):
    term = terminal(
        program(
            """
            import sys, tty
            tty.setraw(0)
            sys.stdout.write("\\x1b[?1049h\\x1b[?1000h\\x1b[?1006h\\x1b[?25l\\x1b[?2004h")
            """
        )
    )
    term.wait_exit()
    told = " ".join(term.unrestored())
    for word in ("alternate", "mouse", "cursor", "paste", "ICANON", "ECHO"):
        assert word in told
    quiet = terminal(["true"])
    quiet.wait_exit()
    assert quiet.unrestored() == []


def test_bytes_and_processor_time_are_counted(terminal):
    term = terminal(["cat"]).type("a\n").wait_for(re.compile("a\na")).settle()
    mark = term.mark()
    term.type("bc\n").settle()
    assert term.raw(mark) == b"bc\r\nbc\r\n"
    assert term.bytes_since(mark) == 8
    busy = terminal(program("sum(range(3_000_000)); print('done'); input()")).wait_for("done")
    assert busy.cpu() > 0.01
    assert busy.memory()["rss"] > 1
    assert busy.first(lambda text: "done" in text) == busy.chunks[-1]


def test_ending_a_terminal_ends_what_the_program_started(terminal, tmp_path):
    term = terminal(["sh", "-c", "sleep 60 & echo $! >pid; echo on; wait"], cwd=tmp_path)
    term.wait_for("on").close()
    child = int((tmp_path / "pid").read_text())
    from tests.harness import processes

    assert processes.state(child) in ("", "Z")


def test_no_setting_of_the_developer_reaches_the_program(monkeypatch):
    monkeypatch.setenv("TEXTUAL_LOG", "x")
    monkeypatch.setenv("NO_COLOR", "1")
    env = clean_environment({"LANG": None, "EDITOR": "ed"})
    assert not {"TEXTUAL_LOG", "NO_COLOR", "LANG"} & set(env)
    assert (env["EDITOR"], env["TERM"]) == ("ed", "xterm-256color")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a", b"a"),
        ("ü", "ü".encode()),
        ("ctrl+s", b"\x13"),
        ("alt+x", b"\x1bx"),
        ("up", b"\x1b[A"),
        ("shift+up", b"\x1b[1;2A"),
        ("ctrl+right", b"\x1b[1;5C"),
        ("pagedown", b"\x1b[6~"),
        ("f1", b"\x1bOP"),
        ("f4", b"\x1bOS"),
        ("f5", b"\x1b[15~"),
        ("shift+tab", b"\x1b[Z"),
    ],
)
def test_keys_are_sent_as_an_xterm_sends_them(name, sent):
    assert keys.encode(name) == sent


class TestEmulator:
    def test_sequences_torn_between_reads_never_become_text(self):
        stream = "\x1b]0;title\x07a\x1b[>1ub\x1b[?2026$pc\x1bPq#0\x1b\\d\x1b[31;1mü\x1b[0m".encode()
        whole, torn = Emulator(20, 2), Emulator(20, 2)
        answers = whole.feed(stream)
        assert b"".join(torn.feed(bytes([byte])) for byte in stream) == answers
        assert whole.lines == torn.lines == ["abcdü", ""]
        assert whole.titles == ["title"]
        assert answers == b"\x1b[?2026;2$y"

    def test_the_alternate_screen_gives_the_old_one_back(self):
        screen = Emulator(20, 3)
        screen.feed(b"before\x1b[?1049h\x1b[Hinside")
        assert screen.lines[0] == "inside"
        assert screen.alternate
        screen.feed(b"\x1b[?1049l")
        assert screen.lines[0] == "before"
        assert not screen.left_on()

    def test_styles_come_as_runs(self):
        screen = Emulator(6, 1)
        screen.feed(b"ab\x1b[7;31mcd")
        assert screen.styles(0) == [
            ("ab", Style()),
            ("cd", Style(fg="red", reverse=True)),
            ("  ", Style()),
        ]

    def test_copied_texts_and_links_are_kept(self):
        screen = Emulator(20, 1)
        screen.feed(b"\x1b]52;c;aGVsbG8=\x07\x1b]8;;http://a.example/\x1b\\x\x1b]8;;\x1b\\")
        assert screen.copied == ["hello"]
        assert screen.links == ["http://a.example/"]
        assert screen.lines == ["x"]

    def test_the_position_of_the_cursor_is_answered_truly(self):
        assert Emulator(20, 5).feed(b"\r\nab\x1b[6n") == b"\x1b[2;3R"
