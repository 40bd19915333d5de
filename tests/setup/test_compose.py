"""docker-compose.yml, as far as it can be judged without a Docker engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.requests.edge import PROBES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_it_has_every_part_and_profiles_add_others(compose) -> None:
    services = compose["services"]
    always = {name for name, service in services.items() if "profiles" not in service}
    assert always == {"setup", "web", "worker", "beat", "postgres", "redis"}
    added = {name: service["profiles"] for name, service in services.items() if "profiles" in service}
    assert added == {"vllm": ["gpu"], "caddy": ["tls"], "prometheus": ["observe"], "grafana": ["observe"]}


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    uses = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", text)
    assert {name for name, _rest in uses} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "ATTEST_SECRET_KEY", "GRAFANA_PASSWORD"}
    for name in ("ATTEST_SECRET_KEY", "ATTEST_EMBEDDER_KEY", "LLM_API_KEY", "ATTEST_METRICS_TOKEN"):
        assert not re.search(rf"{name}:-[^}}]", text)
    # Grafana's container ends by itself without one: ":?" would ask for it where Grafana is not started at all.
    assert {name: rest for name, rest in uses if not rest.startswith(":?")} == {"GRAFANA_PASSWORD": ":-"}


def test_only_what_people_open_is_published_and_only_on_this_machine_by_default(compose) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {
        "web": ["${HOST:-127.0.0.1}:${PORT:-8000}:8000"],
        "caddy": ["${TLS_HOST:-127.0.0.1}:80:80", "${TLS_HOST:-127.0.0.1}:443:443"],
        "grafana": ["${HOST:-127.0.0.1}:${GRAFANA_PORT:-3000}:3000"],
    }


def test_what_others_wait_for_has_a_health_check(compose) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, name
            assert ("healthcheck" in services[other]) == (how["condition"] == "service_healthy"), (name, other)


def test_every_volume_is_declared(compose) -> None:
    used = {volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    files = {name for name in used if name.startswith("./")}
    assert used - files == set(compose["volumes"])
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER attest"]


PARTS = ("setup", "web", "worker", "beat")
PUBLISHED = {"HOST", "PORT"}  # where scripts/run listens; here they say where the web is published


def documented_settings() -> list[str]:
    """The variables of docs/settings.md, without those of its section about scripts and containers."""
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8").partition("## Scripts and containers")[0]
    return re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)


def resolve(value: str | None, name: str, given: dict[str, str]) -> str | None:
    """What Compose hands a container for `NAME: value`: without a value, the variable as it is set; else with ${…} put in."""
    if value is None:
        return given.get(name)
    while found := re.search(r"\$\{(\w+)(?::([-?])((?:[^{}]|\{[^{}]*\})*))?\}", value):
        variable, kind, rest = found.groups()
        if not given.get(variable) and kind == "?":
            raise KeyError(variable)
        put = given.get(variable) or (rest if kind == "-" else "")
        value = value[: found.start()] + put + value[found.end() :]
    return value


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", documented_settings())
def test_every_documented_setting_reaches_the_part(compose, part: str, name: str) -> None:
    if name in PUBLISHED:
        assert f"${{{name}:-" in str(compose["services"]["web"]["ports"])
        return
    environment = compose["services"][part]["environment"]
    assert name in environment, f"docker-compose.yml hands {name} to no container"
    secrets = {"ATTEST_SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "REDIS_PASSWORD": "r"}
    given = resolve(environment[name], name, secrets | {name: "as-it-was-set"})
    assert given == ("/data" if name == "ATTEST_HOME" else "as-it-was-set")


def test_what_is_not_set_is_not_handed_on_so_that_the_documented_default_holds(compose) -> None:
    secrets = {"ATTEST_SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "REDIS_PASSWORD": "r"}
    environment = compose["services"]["web"]["environment"]
    handed = {name: value for name, text in environment.items() if (value := resolve(text, name, secrets)) is not None}
    assert handed == {
        "ATTEST_HOME": "/data",
        "ATTEST_SECRET_KEY": "s",
        "ATTEST_DEMO": "0",
        "ATTEST_LOG_STYLE": "json",
        "DATABASE_URL": "postgresql://attest:p@postgres:5432/attest",
        "CELERY_BROKER_URL": "redis://:r@redis:6379/0",
    }


def test_variables_with_names_of_ones_own_come_from_a_file_that_may_be_missing(compose) -> None:
    for part in PARTS:
        assert compose["services"][part]["env_file"] == [{"path": "attest.env", "required": False}]
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert "attest.env" in page
    assert "attest.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "attest.env" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def test_every_image_is_an_exact_version(compose) -> None:
    images = {service["image"] for service in compose["services"].values()} - {"attest:local"}
    (base,) = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    for image in {*images, base}:
        _name, _colon, tag = image.partition(":")
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z-]+)?", tag), image
    assert not base.startswith("python:3.11-")


def test_there_is_one_version_of_vllm(compose) -> None:
    image = compose["services"]["vllm"]["image"].rpartition(":v")[2]
    (gpu,) = re.findall(r"^vllm==(\S+)$", (ROOT / "requirements-gpu.txt").read_text(encoding="utf-8"), re.MULTILINE)
    (cpu,) = re.findall(r"^version=(\S+)$", (ROOT / "scripts/install_vllm_cpu").read_text(encoding="utf-8"), re.MULTILINE)
    assert image == gpu == cpu


def test_the_health_check_asks_what_is_answered_under_any_host(compose) -> None:
    """Run as the container runs it, against the application with ATTEST_ALLOWED_HOSTS of a real installation."""
    check = compose["services"]["web"]["healthcheck"]["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    address = re.search(r"http://127\.0\.0\.1:8000(/\w+)", check[3])[1]
    assert address in PROBES


def test_the_web_waits_until_tables_and_static_files_are_prepared(compose) -> None:
    setup, web = compose["services"]["setup"], compose["services"]["web"]
    assert setup["command"] == ["python", "manage.py", "prepare"]
    assert web["depends_on"]["setup"] == {"condition": "service_completed_successfully"}
    assert setup["volumes"] == web["volumes"] == ["data:/data"]
