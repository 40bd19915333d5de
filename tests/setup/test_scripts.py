"""scripts/setup.sh: what it says to a machine that lacks something, and when it installs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder with a lock file, and a bin/ that is the whole PATH but for the tools that the script uses."""
    (tmp_path / "bin").mkdir()
    for tool in ("cat", "cksum", "rm", "uname", "grep", "mkdir", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    (tmp_path / "requirements.txt").write_text("one==1\n")
    return tmp_path


def write_program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{BASH}\n{body}\n")
    path.chmod(0o755)


def run_setup(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, "-euc", f". {ROOT}/scripts/setup.sh; {command}"],
        cwd=folder, env={"PATH": str(folder / "bin")}, text=True, capture_output=True, check=False,
    )  # fmt: skip


# Answers as an interpreter of this version does: to the question for its version, then to the one for venv.
def python_of(version: str, *, has_venv: bool = True) -> str:
    return f"""
    case "$2" in
      *version_info*) {sys.executable} -c "import sys; sys.version_info = ({version}); $2" ;;
      *ensurepip*) exit {0 if has_venv else 1} ;;
    esac"""


def test_without_any_python_it_says_what_is_needed(folder: Path) -> None:
    done = run_setup(folder, "setup_venv requirements.txt")
    assert done.returncode == 1
    assert done.stderr.startswith("Attest needs Python 3.11, 3.12 or 3.13 and found none.")
    assert not (folder / ".venv").exists()


def test_a_python_that_is_too_old_is_none(folder: Path) -> None:
    write_program(folder / "bin/python3", python_of("3, 9, 2"))
    assert "found none" in run_setup(folder, "find_python").stderr


def test_without_venv_it_names_the_package(folder: Path) -> None:
    write_program(folder / "bin/python3", python_of("3, 11, 2", has_venv=False))
    done = run_setup(folder, "setup_venv requirements.txt")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("python3 cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv")


def test_it_takes_the_first_that_can_make_virtual_environments(folder: Path) -> None:
    write_program(folder / "bin/python3.11", python_of("3, 11, 7", has_venv=False))
    write_program(folder / "bin/python3.12", python_of("3, 12, 1"))
    assert run_setup(folder, "find_python").stdout == "python3.12\n"


PIP = """
case "$*" in
  *--dry-run*) echo "Would install {torch}"; for line in 1 2 3; do echo "more of pip's words"; done ;;
  *"pip install"*) echo "$*" >> pip.log ;;
esac"""
TORCH_INDEX = "--index-url https://download.pytorch.org/whl/cpu"
without_gpu = pytest.mark.skipif(sys.platform != "linux" or Path("/dev/nvidiactl").exists(), reason="about Linux without a GPU")


@pytest.fixture
def with_venv(folder: Path) -> Path:
    (folder / "requirements.txt").write_text("one==1\ntorch==2.13.0         # via -r requirements.in\n")
    write_program(folder / ".venv/bin/python", PIP.format(torch="torch-2.13.0+cpu"))
    return folder


@without_gpu
def test_without_a_gpu_torch_alone_comes_from_pytorchs_index(with_venv: Path) -> None:
    write_program(with_venv / ".venv/bin/python", PIP.format(torch="torch-2.13.0"))
    assert run_setup(with_venv, "setup_venv requirements.txt").returncode == 0
    torch, rest = (with_venv / "pip.log").read_text().splitlines()
    assert torch.endswith(f"{TORCH_INDEX} torch==2.13.0")
    assert rest.endswith("-r requirements.txt")


@without_gpu
def test_where_pytorchs_index_is_out_of_reach_it_says_what_to_do(with_venv: Path) -> None:
    program = PIP.format(torch="torch-2.13.0").replace('*"pip install"*) ', '*index-url*) exit 1 ;;\n  *"pip install"*) ')
    write_program(with_venv / ".venv/bin/python", program)
    done = run_setup(with_venv, "setup_venv requirements.txt")
    assert done.returncode == 1
    assert "docs/operations.md" in done.stderr
    assert not (with_venv / "pip.log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
def test_where_pip_takes_a_cpu_build_pytorchs_index_is_left_alone(with_venv: Path) -> None:
    for _ in range(20):  # whatever the timing between pip and who reads it
        (with_venv / "requirements.txt").write_text((with_venv / "requirements.txt").read_text() + "# again\n")
        assert run_setup(with_venv, "setup_venv requirements.txt").returncode == 0
    assert "index-url" not in (with_venv / "pip.log").read_text()


def test_it_installs_again_only_when_the_lock_has_changed(with_venv: Path) -> None:
    def count_installs() -> int:
        assert run_setup(with_venv, "setup_venv requirements.txt").returncode == 0
        return len((with_venv / "pip.log").read_text().splitlines())

    assert [count_installs(), count_installs()] == [1, 1]
    (with_venv / "requirements.txt").write_text("one==2\ntorch==2.13.0\n")
    assert [count_installs(), count_installs()] == [2, 2]


def test_an_installation_that_failed_is_tried_again(with_venv: Path) -> None:
    write_program(with_venv / ".venv/bin/python", 'case "$*" in *--dry-run*) echo torch+cpu ;; *"pip install"*) exit 1 ;; esac')
    done = run_setup(with_venv, "setup_venv requirements.txt")
    assert done.returncode == 1
    assert "Installing requirements.txt failed" in done.stderr
    assert not list((with_venv / ".venv").glob("installed-*"))


def test_an_installation_that_was_killed_is_begun_anew(with_venv: Path) -> None:
    killed = 'case "$*" in *--dry-run*) echo torch+cpu ;; *"pip install"*) kill -9 "$PPID" ;; esac'
    write_program(with_venv / ".venv/bin/python", killed)
    assert run_setup(with_venv, "setup_venv requirements.txt").returncode == -9
    # With packages in halves: it looks for a Python to make another environment with, though this one answers.
    write_program(with_venv / ".venv/bin/python", PIP.format(torch="torch-2.13.0+cpu"))
    done = run_setup(with_venv, "setup_venv requirements.txt")
    assert (done.returncode, "found none" in done.stderr) == (1, True)
    (with_venv / ".venv/unfinished").unlink()
    assert run_setup(with_venv, "setup_venv requirements.txt").returncode == 0
    assert not (with_venv / ".venv/unfinished").exists()


def test_what_the_tests_installed_serves_too(with_venv: Path) -> None:
    (with_venv / "requirements-dev.txt").write_text("-r requirements.txt\ntwo==2\n")
    run_setup(with_venv, "setup_venv requirements-dev.txt")
    run_setup(with_venv, "setup_venv requirements.txt")
    assert len((with_venv / "pip.log").read_text().splitlines()) == 1


@pytest.fixture
def with_npm(folder: Path) -> Path:
    (folder / "package.json").write_text("{}\n")
    (folder / "package-lock.json").write_text("{}\n")
    write_program(folder / "bin/npm", 'rm -rf node_modules; mkdir node_modules; echo "$*" >> npm.log')
    return folder


def test_it_installs_the_javascript_compiler_again_only_when_its_lock_has_changed(with_npm: Path) -> None:
    def list_installs() -> list[str]:
        assert run_setup(with_npm, "setup_node_modules").returncode == 0
        return (with_npm / "npm.log").read_text().splitlines()

    (first,) = list_installs()
    assert first.startswith("ci --ignore-scripts ")
    assert list_installs() == [first]
    (with_npm / "package-lock.json").write_text('{"lockfileVersion": 3}\n')
    assert list_installs() == list_installs() == [first, first]


def test_where_npm_fails_it_says_so_and_tries_again(with_npm: Path) -> None:
    write_program(with_npm / "bin/npm", "mkdir -p node_modules; exit 1")
    for _ in range(2):
        done = run_setup(with_npm, "setup_node_modules")
        assert (done.returncode, done.stderr) == (1, "npm could not install package-lock.json (see above).\n")


@pytest.fixture
def with_check(with_npm: Path) -> Path:
    """A project folder where every check but the one of JavaScript passes."""
    for name in ("scripts", ".ci"):
        shutil.copytree(ROOT / name, with_npm / name)
    for tool in ("bash", "env", "mktemp"):
        (with_npm / "bin" / tool).symlink_to(shutil.which(tool))
    for name in ("python", "ruff", "mypy", "lint-imports"):
        write_program(with_npm / ".venv/bin" / name, "exit 0")
    (with_npm / "requirements-dev.txt").write_text("two==2\n")
    return with_npm


def run_check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, "scripts/check"], cwd=folder, env={"PATH": str(folder / "bin")}, text=True, capture_output=True, check=False
    )


def test_a_finding_in_javascript_fails_the_check(with_check: Path) -> None:
    tsc = "mkdir -p node_modules/.bin; printf '#!{bash}\\n{body}\\n' > node_modules/.bin/tsc; chmod +x node_modules/.bin/tsc"
    (with_check / "bin/chmod").symlink_to(shutil.which("chmod"))
    write_program(with_check / "bin/npm", tsc.format(bash=BASH, body="exit 0"))
    assert (run_check(with_check).returncode, (with_check / "node_modules/installed").exists()) == (0, True)
    write_program(with_check / "node_modules/.bin/tsc", "echo 'static/js/drawer.js(11,54): error TS2339'; exit 2")
    done = run_check(with_check)
    assert done.returncode == 1
    assert "static/js/drawer.js(11,54): error TS2339" in done.stderr
    assert done.stderr.endswith("scripts/check: 1 failed: javascript types\n")


def test_without_npm_the_check_says_what_it_left_out(with_check: Path) -> None:
    (with_check / "bin/npm").unlink()
    done = run_check(with_check)
    assert done.returncode == 0
    assert "!!! NOT EVERYTHING IS CHECKED:\n!!!   javascript types: npm is missing" in done.stderr
    assert "apt-get install nodejs npm" in done.stderr
    assert done.stderr.endswith("scripts/check: all green, except for what was not checked\n")
