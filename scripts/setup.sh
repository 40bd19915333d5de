# Sourced by scripts/run, scripts/test and scripts/check: .venv from the locked requirements, in no time when nothing changed.
# Needs to be in the repository's root.

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# Prints a Python from 3.11 to 3.13 that can make virtual environments.
find_python() {
  local candidate without_venv=
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))' 2>/dev/null; then
      if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        printf '%s\n' "$candidate"
        return
      fi
      without_venv=${without_venv:-$candidate}
    fi
  done
  if [ -n "$without_venv" ]; then
    stop "$without_venv cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv (or python3.11-venv); then start again."
  fi
  stop "Attest needs Python 3.11, 3.12 or 3.13 and found none. On Debian or Ubuntu: apt-get install python3.11 python3.11-venv. If it is elsewhere: PYTHON=/path/to/python3.11 $0"
}

# Prints what pip must be told so that torch comes without CUDA on a Linux machine without an NVIDIA GPU; nothing where
# pip already takes a CPU build by itself, or where a GPU is there.
torch_index() {
  [ "$(uname -s)" = Linux ] || return 0
  [ ! -e /dev/nvidiactl ] || return 0
  if .venv/bin/pip install --dry-run --no-deps --ignore-installed torch==2.13.0 2>/dev/null | grep -q '+cpu'; then
    return 0
  fi
  printf '%s\n' "--extra-index-url https://download.pytorch.org/whl/cpu"
}

# setup_venv FILE: makes .venv and installs FILE into it, unless the same files were installed before.
setup_venv() {
  local wanted stamp python
  stamp=.venv/installed-$1
  wanted=$(cat requirements.txt "$1" | cksum)
  if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null \
    || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || exit 1
    say "Making .venv with $("$python" --version) …"
    "$python" -m venv --clear .venv || stop "Could not make .venv with $python (see above)."
  fi
  say "Installing $1 into .venv; this takes a few minutes the first time …"
  rm -f .venv/installed-*
  # shellcheck disable=SC2046  # the index is two words
  .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r "$1" $(torch_index) \
    || stop "Installing $1 failed (see above). Nothing else was changed; start again once the cause is gone."
  printf '%s\n' "$wanted" > "$stamp"
  # What requirements-dev.txt installs holds all of requirements.txt.
  if [ "$1" = requirements-dev.txt ]; then
    cat requirements.txt requirements.txt | cksum > .venv/installed-requirements.txt
  fi
}
