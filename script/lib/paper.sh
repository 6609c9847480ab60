# Sourced by script/server and script/test: the libraries that lay out the patient's PDF. Debian's names for them:
PAPER_LIBRARIES=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)

# For a server: adds them beside its start where nobody has to be asked. Without them its page offers one to print instead.
offer_paper() {
  command -v dpkg-query >/dev/null && ! paper_is_installed || return 0
  (install_debian_packages "${PAPER_LIBRARIES[@]}" || true) </dev/null >/dev/null 2>&1 &
}

paper_is_installed() {
  local name
  for name in "${PAPER_LIBRARIES[@]}"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || return 1
  done
}

# For the tests: without them the run ends here, so that no test of the PDF is left out unseen.
prepare_paper() {
  paper_can_be_made && return
  install_debian_packages "${PAPER_LIBRARIES[@]}" ||
    give_up "The tests of the patient's PDF need ${PAPER_LIBRARIES[*]}: install them (Debian: sudo apt-get install ${PAPER_LIBRARIES[*]}; macOS: brew install pango) and run this again."
  paper_can_be_made || give_up "WeasyPrint finds no pango after its installation: '.venv/bin/python -c \"import weasyprint\"' says what it misses."
}

paper_can_be_made() { .venv/bin/python -I -c 'import weasyprint' >/dev/null 2>&1; }
