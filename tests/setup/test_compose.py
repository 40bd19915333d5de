"""docker-compose.yml, as far as it can be judged without a Docker engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_it_has_every_part_and_the_model_only_with_a_gpu(compose) -> None:
    services = compose["services"]
    assert set(services) == {"setup", "web", "worker", "beat", "postgres", "redis", "vllm"}
    assert {name for name, service in services.items() if "profiles" in service} == {"vllm"}
    assert services["vllm"]["profiles"] == ["gpu"]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    uses = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", text)
    assert {name for name, _rest in uses} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "ATTEST_SECRET_KEY"}
    assert [name for name, rest in uses if not rest.startswith(":?")] == []


def test_only_the_web_is_published_and_only_on_this_machine_by_default(compose) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["${HOST:-127.0.0.1}:${PORT:-8000}:8000"]}


def test_what_others_wait_for_has_a_health_check(compose) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, name
            assert ("healthcheck" in services[other]) == (how["condition"] == "service_healthy"), (name, other)


def test_every_volume_is_declared(compose) -> None:
    used = {volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == set(compose["volumes"])


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER attest"]
