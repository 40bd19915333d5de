"""Which passwords are taken: long ones of any signs, exactly as they are; none short, common or like the account's names."""

import pytest
from allauth.mfa import app_settings as mfa
from django.test import Client

from accounts.errors import AccountRefused
from accounts.models import User
from accounts.services import set_password

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    ["x7-" * 22, "只有汉字的一个长密码啊", "correct horse battery", "  spaces around it  ", "ALLUPPERBUTODD", "a" * 300 + "7q"],
)
def test_any_signs_will_do_and_count_exactly(employee: User, client: Client, password: str) -> None:
    set_password(user=employee, password=password, actor=None)
    for given, is_in in ((password, True), (password[:-1], False), (password.swapcase() + "!", False), (password + " ", False)):
        client.logout()
        client.post("/accounts/login/", {"login": "erin", "password": given})
        assert ("_auth_user_id" in client.session) is is_in, given


@pytest.mark.parametrize("password", ["short7q", "password123", "qwertyuiop", "1234567890"])
def test_what_is_short_common_or_like_the_account_is_refused(employee: User, password: str) -> None:
    with pytest.raises(AccountRefused):
        set_password(user=employee, password=password, actor=None)


def test_the_field_masks_it_and_lets_password_managers_fill_it(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_recovery_codes_cannot_be_guessed() -> None:
    assert mfa.RECOVERY_CODE_DIGITS >= 8  # 26 bits
    assert mfa.TOTP_PERIOD == 30
