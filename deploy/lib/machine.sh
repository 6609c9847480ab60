# Sourced by deploy/on-one-machine: Debian packages, systemd's services, and the folders that an operator expects.
PROGRAM=/srv/ebb
PACKAGES=(postgresql nginx-light python3 python3-venv openssl libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
FIRST_PORT=8001

name_places() {
  ETC=/etc/ebb STATE=/var/lib/ebb CURRENT=$PROGRAM/current UNITS=/etc/systemd/system MARKS=/run
  RELEASE=$PROGRAM/releases/$(version_of_program)
  PYTHON=$RELEASE/.venv/bin/python AS_EBB=(runuser -u ebb --)
  umask 022
}

# The version of the change log and what the files are: the same files are the same release.
version_of_program() {
  local named
  named=$(sed -n 's/^## \[\{0,1\}\([0-9][0-9.]*\).*/\1/p' "$SOURCE/CHANGELOG.md" | head -n 1)
  echo "${named:-0}-$(parts_of_program | xargs -d '\n' sha256sum | sha256sum | cut -c 1-12)"
}

parts_of_program() {
  (cd "$SOURCE" && find diary templates static deploy wsgi.py requirements.txt -type f ! -name '*.pyc' | sort | sed "s,^,$SOURCE/,")
}

prepare_places() {
  [ "$(id -u)" = 0 ] || give_up "Run this as root: sudo deploy/on-one-machine $NAME"
  [ -d /run/systemd/system ] || give_up "systemd does not run here: deploy/on-one-machine --without-systemd FOLDER runs everything as plain processes."
  command -v apt-get >/dev/null || give_up "This is not Debian: docs/deployment.md says what goes where."
  install_packages
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || give_up "Python 3.11 or newer is needed: use Debian 12 or newer."
  getent passwd ebb >/dev/null || adduser --system --group --quiet --home "$STATE" --no-create-home ebb
  install -d -m 755 "$PROGRAM" "$PROGRAM/releases"
  install -d -m 700 "$ETC"
  install -d -m 700 -o ebb -g ebb "$STATE"
}

install_packages() {
  local one missing=()
  for one in "${PACKAGES[@]}"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$one" 2>/dev/null)" = installed ] || missing+=("$one")
  done
  [ "${#missing[@]}" = 0 ] && return
  say "Installing ${missing[*]} …"
  apt_get install -y --no-install-recommends "${missing[@]}" ||
    { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } ||
    give_up "These Debian packages could not be installed: ${missing[*]}. Connect this machine to a Debian mirror and run this again."
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null >&2; }

# A release counts once its mark is there: what an interrupted run left behind is made anew.
place_program() {
  [ ! -e "$RELEASE/.placed" ] || return 0
  say "Placing $(basename "$RELEASE") …"
  rm -rf "$RELEASE"
  mkdir -p "$RELEASE"
  (cd "$SOURCE" && parts_of_program | sed "s,^$SOURCE/,," | tar --create --files-from=- --owner=0 --group=0 --mode=go-w) |
    tar --extract --directory="$RELEASE"
  chmod -R go+rX "$RELEASE"
  python3 -m venv "$RELEASE/.venv" && install_python_packages ||
    give_up "The Python packages of requirements.txt could not be installed: connect this machine to a package index, or fill a folder elsewhere with 'pip download -r requirements.txt -d FOLDER' and give --wheels FOLDER."
  (cd "$RELEASE" && .venv/bin/python -m compileall -q diary wsgi.py) # the processes cannot write there
  touch "$RELEASE/.placed"
}

install_python_packages() {
  local from=()
  [ -z "$WHEELS" ] || from=(--no-index --find-links "$WHEELS")
  "$RELEASE/.venv/bin/pip" install --quiet --no-input --disable-pip-version-check "${from[@]}" -r "$RELEASE/requirements.txt" >&2
}

show_newest() {
  BEFORE=$(readlink "$CURRENT" 2>/dev/null) || BEFORE=''
  show "$RELEASE"
}

show() {
  ln -sfn "$1" "$CURRENT.new"
  mv -T "$CURRENT.new" "$CURRENT"
}

# go_back UNIT…: after a start that failed, the version before is the current one again, and these units, which were started
# with the newer one, run with it, one after another. Prints how things stand.
go_back() {
  local unit lost=''
  if [ -z "$BEFORE" ] || [ "$BEFORE" = "$RELEASE" ]; then
    echo "The servers after it were not touched."
    return
  fi
  say "Back to $(basename "$BEFORE") …"
  show "$BEFORE"
  install_units "$BEFORE"
  for unit in "$@"; do
    rm -f "$MARKS/ebb-$unit.of"
    systemctl restart "$unit" || lost+=" $unit"
  done
  if [ -n "$lost" ]; then
    echo "Back to the version before, but with it these do not start either:$lost."
  else
    echo "All go on with the version before."
  fi
}

server_ports() { seq "$FIRST_PORT" $((FIRST_PORT + SERVERS - 1)); }
door() { echo 127.0.0.1:443; }
tls_port() { echo 443; }
plain_port() { echo 80; }
tls_suffix() { :; }
nginx_logs() { echo /var/log/nginx; }
acme_folder() { echo /var/www/acme; }
where_logs_are() { echo "journalctl -u 'ebb@*' -n 50"; }

start_postgres() {
  systemctl enable --now --quiet postgresql
  for _ in $(seq 60); do
    as_postgres psql -X -q -c 'SELECT 1' >/dev/null 2>&1 && return
    sleep 0.5
  done
  give_up "PostgreSQL does not answer: pg_lsclusters and journalctl -u 'postgresql*' say why."
}

postgres_port() { as_postgres psql -X -A -t -c 'SHOW port'; }
as_superuser() { as_postgres psql -X -q -v ON_ERROR_STOP=1 postgres >/dev/null; }
as_postgres() { (cd / && runuser -u postgres -- "$@"); }

start_servers() {
  local port unit
  STARTED=()
  install_units "$RELEASE"
  for port in $(server_ports); do
    unit=ebb@$port.service
    start_again "$unit" || give_up "The server on port $port did not start: journalctl -u ebb@$port -n 50. $(go_back "$unit" "${STARTED[@]}")"
  done
  disable_others 'ebb@*.service' $(server_ports)
}

start_workers() {
  local worker
  for worker in $(seq "$WORKERS"); do
    start_again "ebb-worker@$worker.service" || give_up "Worker $worker does not start: journalctl -u ebb-worker@$worker -n 50."
  done
  disable_others 'ebb-worker@*.service' $(seq "$WORKERS")
}

# install_units RELEASE: systemd's files are those of that version.
install_units() {
  local unit
  for unit in "$1"/deploy/systemd/*; do install -m 644 "$unit" "$UNITS/"; done
  systemctl daemon-reload
  systemctl enable --quiet ebb.target
}

# start_again UNIT: starts it, or anew when it runs another version or other settings; returns when it is ready.
start_again() {
  local mark of_now
  mark=$MARKS/ebb-$1.of of_now=$(cat "$ETC/ebb.env" "$UNITS/${1%%@*}@.service" <(echo "$RELEASE") | sha256sum)
  systemctl enable --quiet "$1"
  if systemctl is-active --quiet "$1" && [ "$of_now" = "$(cat "$mark" 2>/dev/null)" ]; then
    return 0
  fi
  say "Starting $1 …"
  systemctl restart "$1" || return 1
  STARTED+=("$1")
  echo "$of_now" >"$mark"
}

# disable_others PATTERN INSTANCES…: ends the ones above the number that is wanted now.
disable_others() {
  local unit pattern=$1 wanted
  shift
  wanted=" $* "
  for unit in $(systemctl list-units --plain --no-legend --all "$pattern" | cut -d ' ' -f 1); do
    [[ $wanted == *" $(sed 's/.*@\(.*\)\.service/\1/' <<<"$unit") "* ]] || systemctl disable --now --quiet "$unit"
  done
}

start_nginx() {
  local site=/etc/nginx/conf.d/ebb.conf before=/run/ebb-nginx.before changed=''
  install -d -m 755 "$(acme_folder)"
  if [ -L /etc/nginx/sites-enabled/default ]; then
    rm /etc/nginx/sites-enabled/default # Debian's welcome page, which stays in sites-available
  fi
  [ ! -e "$site" ] || cp -p "$site" "$before"
  ! configuration | write_where_changed "$site" || changed=1
  if ! nginx -q -t; then
    [ ! -e "$before" ] || mv "$before" "$site"
    give_up "nginx refuses its configuration, and goes on with the one before: the reason is above."
  fi
  systemctl enable --quiet nginx
  if [ -z "$changed" ] && [ -z "$CERTIFICATE" ] && systemctl is-active --quiet nginx; then
    return # a new configuration closes lines on which a phone may be about to send
  fi
  systemctl reload-or-restart nginx || give_up "nginx does not start: journalctl -u nginx -n 20. Does another server hold port 80 or 443?"
}

stop_everything() { systemctl stop ebb.target; }

tell_what_is_next() {
  [ ! -e "$ETC/tls/self-signed" ] || say "The certificate is self-signed: browsers refuse it. docs/deployment.md says how to get one."
  cat <<TOLD
Ebb is served on https://$NAME by $SERVERS servers and $WORKERS workers, version $(basename "$RELEASE").
Settings: $ETC/ebb.env, $ETC/owner.env (keep copies of both in a safe). Keys and anchors: $STATE.
Set DIARY_MAIL_URL in $ETC/ebb.env and run this again, so that mail can be sent. The first person:
  $PROGRAM/current/deploy/diary admin create you@clinic.example --clinic "Pain clinic West" --role admin --role clinician
Next: backups (docs/backup.md), what to watch (docs/operations.md).
TOLD
}
