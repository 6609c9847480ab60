# Sourced by script/server, script/test and script/lint: goes to the project's folder and finds what they need.
set -euo pipefail
unset CDPATH PYTHONHOME PYTHONPATH VIRTUAL_ENV __PYVENV_LAUNCHER__
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

# run_in REQUIREMENTS ARGUMENTS…: becomes the environment's Python with these arguments.
run_in() {
  local python
  if is_ready "$1"; then
    shift
    exec .venv/bin/python "$@"
  fi
  python=$(python_for_set_up)
  exec "$python" -I -X utf8 script/lib/environment.py "$@"
}

# prepare REQUIREMENTS: makes the environment ready and returns.
prepare() {
  local python
  if ! is_ready "$1"; then
    python=$(python_for_set_up)
    "$python" -I -X utf8 script/lib/environment.py "$1"
  fi
}

is_ready() {
  [ -x .venv/bin/python ] && .venv/bin/python -I -X utf8 script/lib/environment.py --ready "$1" 2>/dev/null
}

# Prints a Python that is new enough, one that can make environments before one that cannot.
python_for_set_up() {
  local name second_best=''
  for name in python3.11 python3.12 python3.13 python3; do
    "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if can_make_environments "$name"; then
      echo "$name"
      return
    fi
    second_best=${second_best:-$name}
  done
  [ -n "$second_best" ] || give_up "Ebb needs Python 3.11 or newer: install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python) and run this again."
  add_venv_module "$second_best"
  echo "$second_best"
}

can_make_environments() { "$1" -I -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Debian and Ubuntu keep ensurepip in a package of its own.
add_venv_module() {
  local package
  package=$("$1" -I -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  command -v apt-get >/dev/null || give_up "$(command -v "$1") lacks the module ensurepip: install a complete Python 3.11 or newer and run this again."
  [ "$(id -u)" = 0 ] || give_up "Python's venv module is missing: run 'sudo apt-get install $package' and then this again."
  install_debian_packages "$package" || give_up "Python's venv module is missing and could not be installed: run 'apt-get install $package' and then this again."
}

# install_debian_packages NAMES…: installs them quietly, as root or through sudo without a password; shows the log when it fails.
install_debian_packages() {
  local as_root='' log
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    as_root='sudo -n'
  fi
  echo "Installing $* …" >&2
  log=$(mktemp)
  # The lists may be missing or old on a fresh machine: an installation without them is tried once more with new ones.
  if $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1 ||
    { $as_root apt-get update </dev/null >>"$log" 2>&1 &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1; }; then
    rm -f "$log"
    return 0
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  return 1
}

give_up() {
  echo "$1" >&2
  exit 1
}
