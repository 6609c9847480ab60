# Sourced by script/test and script/faults: an nginx for the tests of several servers, as a file and not as a service.

# prepare_nginx: exports EBB_NGINX. One that is installed is used; else Debian's package is unpacked beside the environment,
# which takes no root, starts nothing, and leaves nothing on the machine.
prepare_nginx() {
  export EBB_NGINX
  [ -z "${EBB_NGINX:-}" ] || { command -v "$EBB_NGINX" >/dev/null || give_up "EBB_NGINX names $EBB_NGINX, which cannot be run."; return; }
  EBB_NGINX=$(find_nginx) && return
  command -v apt-get >/dev/null && unpack_nginx ||
    give_up "The tests of several servers need nginx: install it (Debian: sudo apt-get install nginx-light; macOS: brew install nginx), or name it in EBB_NGINX, and run this again."
  EBB_NGINX=$(find_nginx) || give_up "The nginx in $PWD/.venv/nginx does not run: install Debian's nginx-light and run this again."
}

find_nginx() {
  local name
  for name in "$(command -v nginx || true)" /usr/sbin/nginx /opt/homebrew/bin/nginx "$PWD/.venv/nginx/usr/sbin/nginx"; do
    [ -x "$name" ] && "$name" -v >/dev/null 2>&1 && { echo "$name"; return; }
  done
  return 1
}

unpack_nginx() {
  local folder=$PWD/.venv/nginx draft
  echo "Fetching nginx …" >&2
  draft=$(mktemp -d)
  chmod 755 "$draft"
  if fetch_nginx "$draft" || { update_package_lists && fetch_nginx "$draft"; }; then
    rm -rf "$folder"
    mkdir -p "$folder"
    local package
    for package in "$draft"/*.deb; do dpkg-deb --extract "$package" "$folder"; done
    rm -rf "$draft"
    return
  fi
  rm -rf "$draft"
  return 1
}

fetch_nginx() { (cd "$1" && apt-get download nginx nginx-common) </dev/null >/dev/null 2>&1; }

update_package_lists() {
  local as_root=''
  [ "$(id -u)" = 0 ] || as_root='sudo -n'
  $as_root apt-get update </dev/null >/dev/null 2>&1
}
