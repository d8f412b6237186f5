"""Posts over HTTP to a real server: bounded, to where it was said and nowhere else."""

import asyncio

import pytest

from tests.notify.sink import sink
from trueline.runtime.http import Unreachable
from trueline.runtime.post_aiohttp import ANSWER_BYTES_MAX, AiohttpPosts

CANARY = "canary-of-an-address"


async def test_it_is_sent_and_the_answer_is_a_value() -> None:
    async with sink() as hooks:
        hooks.answers = [(404, {"X-One": "two"})]
        posts = AiohttpPosts()
        answer = await posts.post(f"{hooks.url}/a%2Fb?c=d%26e", {"X-Own": "1"}, b"body")
        await posts.close()
    (sent,) = hooks.sent
    assert (sent.path, sent.body, sent.headers["X-Own"]) == ("/a%2Fb?c=d%26e", b"body", "1")
    assert (answer.status, answer.headers["x-one"], answer.body) == (404, "two", b"ok")


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    """INV-25: a message, and what proves us, goes where Git says and nowhere else."""
    async with sink() as other, sink() as hooks:
        hooks.answers = [(307, {"Location": f"{other.url}/stolen"})]
        posts = AiohttpPosts()
        assert (await posts.post(hooks.url, {}, b"body")).status == 307
        await posts.close()
        assert (len(hooks.sent), other.sent) == (1, [])


async def test_no_more_of_an_answer_is_read_than_its_bound() -> None:
    """INV-31."""
    async with sink() as hooks:
        hooks.body = b"x" * (4 << 20)
        posts = AiohttpPosts()
        assert len((await posts.post(hooks.url, {}, b"")).body) <= ANSWER_BYTES_MAX
        await posts.close()


async def test_who_does_not_answer_is_left() -> None:
    """INV-31."""
    async with sink() as hooks:
        hooks.answers = [(0, {})]
        posts = AiohttpPosts(timeout_s=0.2)
        async with asyncio.timeout(30):
            with pytest.raises(Unreachable, match="no answer within the time allowed"):
                await posts.post(f"{hooks.url}/{CANARY}", {}, b"")
        await posts.close()


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:1/{CANARY}",
        f"http://[::{CANARY}",
        f"http://169.254.169.254/{CANARY}",
        f"http://nobody.invalid/{CANARY}",
        f"gopher://a/{CANARY}",
    ],
)
async def test_what_cannot_be_spoken_to_is_not_repeated(url: str) -> None:
    """INV-25: the address of a chat is its secret. Nor is the metadata service of a cloud asked."""
    posts = AiohttpPosts(timeout_s=5.0)
    with pytest.raises(Unreachable) as raised:
        await posts.post(url, {}, b"")
    await posts.close()
    assert CANARY not in f"{raised.value!r}{raised.value.__cause__!r}"
