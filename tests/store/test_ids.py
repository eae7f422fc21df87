"""New ids: random, unless something says from what they follow."""

from __future__ import annotations

from threading import Thread

from store.ids import derived, derived_from, new_id


def test_ids_are_random_by_themselves():
    assert new_id() != new_id()


def test_a_name_gives_the_same_ids_in_the_same_order_every_time():
    with derived_from("run-3"):
        first = [new_id(), new_id()]
    with derived_from("run-3"):
        assert [new_id(), new_id()] == first
    assert first[0] != first[1]
    with derived_from("run-4"):
        assert new_id() not in first


def test_it_ends_with_the_block_even_after_a_failure():
    try:
        with derived_from("run-3"):
            raise ValueError
    except ValueError:
        pass
    with derived_from("run-3"):
        made = new_id()
    assert new_id() != made


def test_another_thread_is_not_drawn_in():
    found: list[str] = []
    with derived_from("run-3"):
        thread = Thread(target=lambda: found.append(new_id()))
        thread.start()
        thread.join()
        assert found[0] != new_id()


def test_a_derived_id_never_changes_between_versions():
    assert derived("mission@2026-11-23T09:00:00.000Z") == "bc77bea1-394d-5aa1-8450-4db700924eb6"
