"""The sliding window: what fits, what does not, and when it does again."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import TooManyRequests
from accounts.models import User
from accounts.rates import spend
from chat.models import Turn
from kb.models import Collection


def is_let_in(at: float, *, who: str = "erin", per_minute: int = 4) -> bool:
    try:
        spend("ask", who, per_minute=per_minute, clock=lambda: at)
    except TooManyRequests:
        return False
    return True


def test_no_minute_has_more_than_its_number_whichever_way_it_lies() -> None:
    start = 60_000_000.0
    assert [is_let_in(start + 58) for _ in range(5)] == [True] * 4 + [False]
    # A fixed window would let four more in two seconds later.
    assert [is_let_in(start + 60 + second) for second in (0, 2)] == [False, False]
    assert is_let_in(start + 180)


def test_people_and_limits_are_counted_apart() -> None:
    assert all(is_let_in(60_000_000.0) for _ in range(4))
    assert not is_let_in(60_000_000.0)
    assert is_let_in(60_000_000.0, who="tao")
    spend("search", "erin", per_minute=4, clock=lambda: 60_000_000.0)


def test_zero_is_no_limit() -> None:
    assert all(is_let_in(60_000_000.0, per_minute=0) for _ in range(50))


@pytest.mark.parametrize("into", [0.0, 10.5, 59.0])
def test_after_the_announced_wait_one_more_fits(into: float) -> None:
    now = 60_000_000.0 + into
    for _ in range(4):
        spend("ask", "erin", per_minute=4, clock=lambda: now)
    with pytest.raises(TooManyRequests) as refused:
        spend("ask", "erin", per_minute=4, clock=lambda: now)
    wait = refused.value.retry_after_s
    assert 1 <= wait <= 120
    assert refused.value.headers == {"Retry-After": str(wait)}
    assert is_let_in(now + wait)


def test_the_page_says_how_long_to_wait(client: Client, employee: User, collection: Collection, settings) -> None:
    settings.RATE_ASK_PER_MINUTE = 2
    client.force_login(employee)
    for _ in range(2):
        assert client.post(reverse("chat:ask"), {"question": "How long?"}).status_code == 302
    for headers in ({}, {"HX-Request": "true"}):
        response = client.post(reverse("chat:ask"), {"question": "How long is it?"}, headers=headers)
        assert response.status_code == 429
        assert int(response["Retry-After"]) >= 1
        assert response["Retry-After"] in response.content.decode()
    assert "How long is it?" in client.post(reverse("chat:ask"), {"question": "How long is it?"}).content.decode()
    assert Turn.objects.count() == 2
    turn = Turn.objects.first()
    Turn.objects.update(state=Turn.State.STOPPED)
    assert client.post(reverse("chat:regenerate", args=[turn.uid])).status_code == 429
