"""Where handlers of forms do their work: one after the other on the main loop, from whatever thread they come."""

from __future__ import annotations

import asyncio
import threading

import pytest

from runbook_lib.forms.dispatcher import MainLoopDispatcher


def test_a_handler_on_another_thread_works_on_the_main_loop() -> None:
    """ipykernel calls handlers on changing threads; only the main loop's may touch a form."""

    async def main() -> tuple[int, int]:
        done: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        dispatcher = MainLoopDispatcher(asyncio.get_running_loop(), done.set_exception)
        handler = dispatcher.handler(
            lambda: dispatcher.run_in_thread(
                threading.get_ident, lambda worker: done.set_result((worker, threading.get_ident()))
            )
        )
        threading.Thread(target=handler, args=({"new": 1},)).start()
        return await asyncio.wait_for(done, 10)

    worker, shown_on = asyncio.run(main())
    assert shown_on == threading.get_ident() != worker


def test_a_dispatcher_whose_loop_is_gone_drops_what_comes() -> None:
    loop = asyncio.new_event_loop()
    dispatcher = MainLoopDispatcher(loop, lambda _error: None)
    loop.close()
    dispatcher.call_soon(pytest.fail, "nobody is there")
