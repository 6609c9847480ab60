# Sourced by script/test: Chromium, node and axe-core, for the tests in a real browser and those of the scripts in pages.

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
  local missing=()
  find_chromium || missing+=(chromium fonts-dejavu-core)
  playwright_runs || missing+=(libatomic1)
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  if [ "${#missing[@]}" -gt 0 ]; then
    install_debian_packages "${missing[@]}" ||
      give_up "The browser tests need ${missing[*]}: install them (Debian: sudo apt-get install ${missing[*]}; macOS: brew install node, and Chromium or Chrome, or name it in CHROMIUM) and run this again."
    find_chromium || give_up "No Chromium was found after its installation: name it in CHROMIUM and run this again."
  fi
  export CHROMIUM
  prepare_axe
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

# Installs the pinned axe-core where the tests read it; the copied lock file tells what was installed.
prepare_axe() {
  local installed=tests/browser/node_modules/installed-package-lock.json log=.venv/npm.log
  cmp -s tests/browser/package-lock.json "$installed" && return
  echo "Installing axe-core for the browser tests …" >&2
  (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund) </dev/null >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    give_up "axe-core could not be installed: the reason is above; connect this machine to the internet and run this again."
  }
  cp tests/browser/package-lock.json "$installed"
}
