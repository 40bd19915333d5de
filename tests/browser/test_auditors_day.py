"""An auditor's day on the demo: ten answers judged, a second sign-off that differs, a bundle verified outside, a hold, a purge."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.harness.patience import PATIENCE_S
from bench.harness.served import ROOT, Installation
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser

SECOND, PASSWORD = "vera", "a second pair of eyes 7"
DRAWN = 10
DOCUMENTS = {"kept.md": "The depot in Harbin closes at 18:00.", "gone.md": "The depot in Ningbo closes at 17:00."}
AGE = "from kb.models import Document as D; from django.utils.timezone import now; from datetime import timedelta as T; "


@pytest.fixture
def second_auditor(browser: Browser, installation: Installation) -> Iterator[Page]:
    """Another auditor, signed in in a browser of their own."""
    command = [sys.executable, "manage.py", "create_account", SECOND, "--role", "auditor", "--password-stdin"]
    made = subprocess.run(
        command, cwd=ROOT, env=installation.environment, input=f"{PASSWORD}\n", text=True, capture_output=True, timeout=PATIENCE_S
    )
    assert made.returncode == 0, made.stderr
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(installation.url)
    page.fill("input[name=login]", SECOND)
    page.fill("input[name=password]", PASSWORD)
    page.click("form[action*=login] button[type=submit]")
    page.wait_for_url(f"{installation.url}/")
    yield page
    context.close()


def call(page: Page, method: str, path: str, **data: object) -> dict:
    """Call REST with the session of a page."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    base = "/".join(page.url.split("/")[:3])
    headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": base, "Content-Type": "application/json"}
    body = json.dumps(data) if data else None
    response = page.request.fetch(f"{base}/api/v1{path}", method=method, headers=headers, data=body, timeout=PATIENCE_S * 1000)
    assert response.ok, (path, response.status, response.text())
    return response.json() if response.text() else {}


def judge(page: Page, key: str) -> None:
    """One key chooses the verdict, one records it and opens the next."""
    address = page.url
    page.locator("body").press(key)
    page.locator("input[name=verdict]:checked").press("Enter")
    page.wait_for_url(lambda url: url != address)
    expect(page.get_by_text("Review recorded.").first).to_be_visible()


def download(page: Page, name: str, folder: Path) -> Path:
    """Press the link of this name and keep what comes."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).first.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def verify_outside(bundle: Path, key: Path) -> str:
    """Check a bundle with the script that knows nothing of the installation, in a process without its settings."""
    command = [sys.executable, "-I", str(ROOT / "scripts/verify_receipt.py"), str(bundle), "--public-key", str(key)]
    done = subprocess.run(command, cwd=bundle.parent, env={}, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def delete_two_documents(admin: Page, installation: Installation, folder: Path) -> dict[str, str]:
    """Upload two documents into a collection of their own and delete them, days ago. Returns: number by name."""
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(f"# Depots\n\n{text}\n")
    read = installation.manage("ingest", str(folder), "--collection", "depots", "--create")
    assert read.returncode == 0, read.stderr
    found = call(admin, "GET", "/collections/depots/documents")["items"]
    uids = {row["name"]: row["uid"] for row in found}
    assert set(uids) == set(DOCUMENTS)
    for uid in uids.values():
        call(admin, "DELETE", f"/documents/{uid}")
    aged = installation.manage("shell", "-c", f"{AGE}D.objects.filter(uid__in={list(uids.values())}).update(deleted_at=now()-T(9))")
    assert aged.returncode == 0, aged.stderr
    return uids


def test_an_auditor_does_a_days_work(sign_in: SignIn, second_auditor: Page, installation: Installation, tmp_path: Path) -> None:
    url, auditor = installation.url, sign_in("victor")
    # All that is asked from now on is drawn.
    auditor.goto(f"{url}/reviews/rules/")
    auditor.get_by_label("Answers drawn for review, in percent").fill("100")
    auditor.get_by_label("Second review of answers found correct, in percent").fill("0")
    auditor.get_by_role("button", name="Save").click()
    expect(auditor.get_by_text("Rules saved.")).to_be_visible()
    asker = sign_in("owen")
    for number in range(DRAWN):
        call(asker, "POST", "/ask", question=f"What is the hotel limit in London for {number + 2} nights?")

    # A sample of ten: nine are correct, the third is wrong.
    auditor.goto(f"{url}/reviews/?queue=sample")
    auditor.locator(".audit-list .table__title").first.click()
    wrong = ""
    for number in range(DRAWN):
        if number == 2:
            wrong = auditor.url.partition("?")[0]
            auditor.get_by_label("Comment").fill("The limit is per night.")
            auditor.get_by_label("Comment").blur()
        judge(auditor, "2" if number == 2 else "1")

    # The second reviewer does not see the first review, and differs.
    second_auditor.goto(f"{url}/reviews/?queue=second")
    second_auditor.locator(f".audit-list a[href^='{wrong.removeprefix(url)}']").click()
    expect(second_auditor.get_by_text("You will see their review after yours.")).to_be_visible()
    expect(second_auditor.get_by_text("The limit is per night.")).to_have_count(0)
    judge(second_auditor, "1")
    auditor.goto(wrong)
    expect(auditor.get_by_text("The limit is per night.")).to_be_visible()
    expect(auditor.get_by_text(SECOND)).to_be_visible()
    auditor.goto(f"{url}/reviews/?queue=disputed")
    expect(auditor.locator(f".audit-list a[href^='{wrong.removeprefix(url)}']")).to_be_visible()
    assert call(auditor, "GET", "/reviews/agreement")["pairs"] >= 1

    # The receipt goes away with its proofs, and is checked where nothing of the installation is.
    auditor.goto(f"{url}/audit/integrity/")
    key = download(auditor, "Public key", tmp_path)
    auditor.goto(f"{url}/audit/receipts/{wrong.rstrip('/').rpartition('/')[2]}/")
    told = verify_outside(download(auditor, "Export as a bundle", tmp_path), key)
    assert "All of it matches: 1 receipt(s)" in told
    assert "as you gave it" in told

    # Of two deleted documents one is held, the other goes for good.
    uids = delete_two_documents(sign_in("grace"), installation, tmp_path / "documents")
    auditor.goto(f"{url}/retention/holds/new/")
    auditor.get_by_label("Name of the hold").fill("Case 12 of 2026")
    auditor.get_by_label("Documents").fill(uids["kept.md"])
    auditor.get_by_role("button", name="Place legal hold").click()
    expect(auditor.get_by_text("The hold “Case 12 of 2026” is in force.")).to_be_visible()
    auditor.goto(f"{url}/retention/rules/new/")
    auditor.get_by_label("What").select_option("documents")
    auditor.get_by_label("Collection").select_option(label="Depots")
    auditor.get_by_label("Days").fill("1")
    auditor.get_by_role("button", name="See what would be deleted").click()
    expect(auditor.get_by_text(re.compile("1 entry is older than the rules"))).to_be_visible()
    expect(auditor.get_by_text(re.compile("1 more is kept because of a legal hold"))).to_be_visible()
    auditor.get_by_role("button", name="Switch on").click()
    expect(auditor.get_by_text("The rule is on.")).to_be_visible()
    purged = installation.manage("apply_retention")
    assert purged.returncode == 0, purged.stderr
    auditor.goto(f"{url}/retention/documents/")
    expect(auditor.get_by_role("row", name=re.compile("Case 12 of 2026"))).to_have_count(1)
    gone = auditor.get_by_role("row", name=re.compile("Nothing left"))
    expect(gone).to_have_count(1)
    with auditor.expect_download() as coming:
        gone.get_by_role("link", name="Certificate").click()
    certificate = tmp_path / "certificate.zip"
    coming.value.save_as(certificate)
    assert "All of it matches" in verify_outside(certificate, key)
