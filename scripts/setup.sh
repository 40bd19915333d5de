# Sourced by scripts/run, scripts/test and scripts/check: .venv and node_modules from the locked requirements, in no time when
# nothing changed.
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

# Installs torch without CUDA on a Linux machine without an NVIDIA GPU: from PyTorch's own index, and nothing else from there,
# unless pip takes a CPU build by itself. Elsewhere it leaves torch to the requirements.
install_torch() {
  local torch choice
  [ "$(uname -s)" = Linux ] && [ ! -e /dev/nvidiactl ] || return 0
  torch=$(grep -oE '^torch==[^ ]+' requirements.txt) || return 0
  # Into a variable, not a pipe: a grep that has seen enough would end pip, and the answer with it.
  choice=$(.venv/bin/python -m pip install --dry-run --no-deps --disable-pip-version-check "$torch" 2>/dev/null || true)
  case $choice in *+cpu* | *"already satisfied"*) return 0 ;; esac
  .venv/bin/python -m pip install --quiet --retries 1 --no-deps --disable-pip-version-check \
    --index-url https://download.pytorch.org/whl/cpu "$torch" \
    || stop "PyTorch's build for the CPU could not be fetched from download.pytorch.org (see above). docs/operations.md says what to do."
}

# setup_venv FILE: makes .venv and installs FILE into it, unless the same files were installed before.
setup_venv() {
  local wanted stamp python
  stamp=.venv/installed-$1
  wanted=$(cat requirements*.txt "$1" | cksum)
  if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  # A pip that was killed leaves packages in halves, over which the next one stumbles.
  if [ -e .venv/unfinished ] \
    || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null \
    || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    # What a link leads to is somebody else's, and would be emptied.
    [ ! -L .venv ] || stop ".venv is a link to $(readlink .venv), whose packages do not fit. Remove the link; then start again."
    python=$(find_python) || exit 1
    say "Making .venv with $("$python" --version) …"
    "$python" -m venv --clear .venv || stop "Could not make .venv with $python (see above)."
  fi
  say "Installing $1 into .venv; this takes a few minutes the first time …"
  rm -f .venv/installed-*
  : > .venv/unfinished
  install_torch
  # Most modules are never imported: bytecode is made of the rest when they are, in half a minute less.
  .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-compile -r "$1" \
    || { rm -f .venv/unfinished; stop "Installing $1 failed (see above). Nothing else was changed; start again once the cause is gone."; }
  rm -f .venv/unfinished
  printf '%s\n' "$wanted" > "$stamp"
  # What requirements-dev.txt installs holds all of requirements.txt.
  if [ "$1" = requirements-dev.txt ]; then
    cat requirements*.txt requirements.txt | cksum > .venv/installed-requirements.txt
  fi
}

# setup_node_modules: installs what package-lock.json names, the compiler that checks static/js, unless it was installed before.
setup_node_modules() {
  local wanted stamp
  stamp=node_modules/installed
  wanted=$(cat package.json package-lock.json | cksum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  # It empties node_modules first, and so removes the stamp.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 \
    || { say "npm could not install package-lock.json (see above)."; return 1; }
  printf '%s\n' "$wanted" > "$stamp"
}
