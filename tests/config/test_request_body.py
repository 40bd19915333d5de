"""A form's body is read from the connection as its view reads it."""

import asyncio

import pytest
from django.core.exceptions import BadRequest

from config.requests.body import ConnectionBroken, StreamedBody


def serve(messages, read):
    """Run `read(body)` on a thread, as a view does. Returns: (its result, the messages that the server gave)."""
    given = []

    async def receive():
        given.append(messages[len(given)])
        return given[-1]

    async def run():
        body = StreamedBody(receive)
        return await asyncio.to_thread(read, body), given

    return asyncio.run(run())


def piece(data, *, more=True):
    return {"type": "http.request", "body": data, "more_body": more}


def test_a_body_comes_piece_by_piece_and_no_faster_than_it_is_read():
    messages = [piece(b"abc"), piece(b""), piece(b"def"), piece(b"", more=False)]
    data, given = serve(messages, lambda body: body.read())
    assert (data, len(given)) == (b"abcdef", 4)
    pieces, given = serve(messages, lambda body: [body.read(2), body.read(2)])
    assert (pieces, len(given)) == ([b"ab", b"c"], 1)


def test_a_sender_who_leaves_is_distinguished_from_the_end():
    with pytest.raises(ConnectionBroken):
        serve([piece(b"abc"), {"type": "http.disconnect"}], lambda body: body.read())


def test_on_the_event_loop_it_refuses_to_wait_for_itself():
    async def run():
        async def receive():
            return piece(b"abc")

        StreamedBody(receive).read(1)

    with pytest.raises(BadRequest, match="beside the event loop"):
        asyncio.run(run())


def test_that_the_sender_left_is_reported_after_the_body():
    received = []

    async def run():
        messages = [piece(b"abc", more=False), {"type": "http.disconnect"}]

        async def receive():
            return messages.pop(0)

        body = StreamedBody(receive)
        listening = asyncio.create_task(body.receive_after())
        await asyncio.sleep(0)
        assert not listening.done()
        await asyncio.to_thread(body.read)
        received.append(await listening)

    asyncio.run(run())
    assert received == [{"type": "http.disconnect"}]
