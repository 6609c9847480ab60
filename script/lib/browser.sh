# Sourced by script/test and script/lighthouse: Chromium, node, and what they bring of node's packages.

# named_tests_need_a_browser ARGUMENTS…: true when they name no path, or one that holds tests/browser.
named_tests_need_a_browser() {
  local argument path paths=0
  for argument in "$@"; do
    path=${argument%%::*}
    path=${path#"$PWD"/}
    path=${path#./}
    path=${path%/}
    case $argument in -*) continue ;; esac
    [ -e "$path" ] || continue
    paths=1
    case $path in . | "$PWD" | tests | tests/browser | tests/browser/*) return 0 ;; esac
  done
  [ "$paths" = 0 ]
}

prepare_browser() {
  install_browser $(playwright_runs || echo libatomic1)
  prepare_axe
}

prepare_lighthouse() {
  install_browser
  install_node_packages bench/lighthouse Lighthouse
}

# install_browser OTHERS…: finds Chromium and node, installs what is missing of them, and the other Debian packages named.
install_browser() {
  local missing=("$@")
  find_chromium || missing+=(chromium fonts-dejavu-core)
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  if [ "${#missing[@]}" -gt 0 ]; then
    install_debian_packages "${missing[@]}" ||
      give_up "The browser tests need ${missing[*]}: install them (Debian: sudo apt-get install ${missing[*]}; macOS: brew install node, and Chromium or Chrome, or name it in CHROMIUM) and run this again."
    find_chromium || give_up "No Chromium was found after its installation: name it in CHROMIUM and run this again."
  fi
  export CHROMIUM
}

# Playwright brings a node of its own, which a small Debian has not every library for.
playwright_runs() {
  local driver
  for driver in .venv/lib/python3.*/site-packages/playwright/driver/node; do
    [ ! -x "$driver" ] || "$driver" --version >/dev/null 2>&1 || return 1
  done
}

# Sets CHROMIUM to a browser that exists; a name given from outside is kept as it is.
find_chromium() {
  [ -z "${CHROMIUM:-}" ] || { command -v "$CHROMIUM" >/dev/null || give_up "CHROMIUM names $CHROMIUM, which cannot be run."; return; }
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable \
    '/Applications/Chromium.app/Contents/MacOS/Chromium' '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
    if CHROMIUM=$(command -v "$name"); then
      return
    fi
  done
  CHROMIUM=''
  return 1
}

prepare_axe() { install_node_packages tests/browser axe-core; }

# install_node_packages FOLDER NAME: installs what the folder's lock file pins, NAME above all; a copy of that file tells what was installed.
install_node_packages() {
  local installed=$1/node_modules/installed-package-lock.json log=$PWD/.venv/npm.log
  cmp -s "$1/package-lock.json" "$installed" && return
  echo "Installing $2 …" >&2
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) </dev/null >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    give_up "$2 could not be installed: the reason is above; connect this machine to the internet and run this again."
  }
  cp "$1/package-lock.json" "$installed"
}
