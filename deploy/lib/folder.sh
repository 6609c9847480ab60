# Sourced by deploy/on-one-machine --without-systemd: the same parts as plain processes of one folder, on loopback only.

name_places() {
  mkdir -p -- "$FOLDER"
  FOLDER=$(cd -P -- "$FOLDER" && pwd)
  ETC=$FOLDER/etc STATE=$FOLDER/state LOGS=$FOLDER/logs RUN=$FOLDER/run CURRENT=$FOLDER/current RELEASE=$SOURCE
  PYTHON=${EBB_PYTHON:-$SOURCE/.venv/bin/python} AS_EBB=()
}

prepare_places() {
  (umask 077 && mkdir -p "$ETC" "$STATE" "$LOGS" "$RUN")
  find_programs
  [ -e "$ETC/ports" ] || free_ports >"$ETC/ports"
}

find_programs() {
  [ -x "$PYTHON" ] || give_up "$PYTHON is missing: run script/server once, or name a Python with Ebb's packages in EBB_PYTHON."
  needed openssl openssl
  needed setsid util-linux
  NGINX=${EBB_NGINX:-$(command -v nginx || echo /usr/sbin/nginx)}
  [ -x "$NGINX" ] || give_up "nginx is missing: apt-get install nginx-light, or name it in EBB_NGINX, then run this again."
}

place_program() { :; } # it is served from where it is

show_newest() { ln -sfn "$RELEASE" "$CURRENT"; }

# Ports of TLS, plain HTTP, PostgreSQL and of nine servers: those that are free now, the same ever after.
free_ports() {
  "$PYTHON" -I - <<'PY'
import socket
probes = [socket.socket() for _ in range(12)]
for probe in probes:
    probe.bind(("127.0.0.1", 0))
print(*(probe.getsockname()[1] for probe in probes))
PY
}

port_number() { cut -d ' ' -f "$1" "$ETC/ports"; }
tls_port() { echo "127.0.0.1:$(port_number 1)"; }
plain_port() { echo "127.0.0.1:$(port_number 2)"; }
postgres_port() { port_number 3; }
tls_suffix() { echo ":$(port_number 1)"; }
server_ports() { cut -d ' ' -f "4-$((3 + SERVERS))" "$ETC/ports" | tr ' ' '\n'; }
door() { tls_port; }
nginx_logs() { echo "$LOGS"; }
acme_folder() { echo "$RUN"; }
where_logs_are() { echo "look into $LOGS."; }

start_postgres() {
  local files=$FOLDER/postgres programs=${EBB_POSTGRES_BIN:-}
  [ -n "$programs" ] || programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)
  [ -x "$programs/initdb" ] || give_up "PostgreSQL is missing: apt-get install postgresql, or name the folder of its programs in EBB_POSTGRES_BIN."
  PSQL=$programs/psql
  if [ ! -e "$files/PG_VERSION" ]; then
    made_for_owner "$ETC/superuser"
    random_word >"$ETC/superuser"
    (umask 077 && mkdir -p "$files" "$LOGS/postgres")
    own_by_postgres "$files" "$LOGS/postgres"
    cp "$ETC/superuser" "$LOGS/postgres/password"
    own_by_postgres "$LOGS/postgres/password"
    as_postgres "$programs/initdb" --pgdata "$files" --username=postgres --auth=scram-sha-256 \
      --pwfile="$LOGS/postgres/password" --encoding=UTF8 --locale=C.UTF-8 --no-instructions >/dev/null ||
      give_up "PostgreSQL could not make its files in $files: the reason is above. Whoever runs it has to reach that folder."
    rm -f "$LOGS/postgres/password"
  fi
  as_postgres "$programs/pg_ctl" --pgdata "$files" status >/dev/null 2>&1 && return
  as_postgres "$programs/pg_ctl" --pgdata "$files" --log "$LOGS/postgres/log" --wait --timeout=60 \
    -o "-p $(postgres_port) -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null ||
    give_up "PostgreSQL does not start: look into $LOGS/postgres/log."
}

as_superuser() {
  PGPASSWORD=$(<"$ETC/superuser") "$PSQL" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(postgres_port)" -U postgres postgres >/dev/null
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && runuser -u "$(postgres_user)" -- "$@")
  else
    "$@"
  fi
}

own_by_postgres() {
  [ "$(id -u)" != 0 ] || { chown "$(postgres_user)" "$@" && chmod 711 "$FOLDER" "$LOGS"; }
}

postgres_user() { if getent passwd postgres >/dev/null; then echo postgres; else echo nobody; fi; }

start_servers() {
  local port
  for port in $(server_ports); do
    start_again "server-$port" env DIARY_HOST=127.0.0.1 DIARY_PORT="$port" "$PYTHON" -m flask --app wsgi diary serve
    ready "http://127.0.0.1:$port" "$(<"$RUN/server-$port.pid")" ||
      give_up "The server on port $port does not start: look into $LOGS/server-$port.log. The others go on as they were."
  done
}

start_workers() {
  local worker
  for worker in $(seq "$WORKERS"); do
    start_again "worker-$worker" "$PYTHON" -m flask --app wsgi diary work
  done
}

# start_one NAME: starts one process that has ended or was killed, as systemd would.
start_one() {
  local port
  case $1 in
    nginx) start_nginx ;;
    postgres) start_postgres ;;
    server-*) port=${1#server-} && launch "$1" env DIARY_HOST=127.0.0.1 DIARY_PORT="$port" "$PYTHON" -m flask --app wsgi diary serve ;;
    worker-*) launch "$1" "$PYTHON" -m flask --app wsgi diary work ;;
    *) misused "There is no process $1: server-PORT, worker-NUMBER, nginx or postgres." ;;
  esac
}

# start_again NAME COMMAND…: starts it where it does not run; one of another version or with other settings ends first.
start_again() {
  local name=$1 of_now
  shift
  of_now=$(cat "$ETC/ebb.env" <(program) | sha256sum)
  if runs "$name"; then
    [ "$of_now" != "$(cat "$RUN/$name.of" 2>/dev/null)" ] || return 0
    stop_process "$name"
  fi
  launch "$name" "$@"
  echo "$of_now" >"$RUN/$name.of"
}

# launch NAME COMMAND…: the process writes its own number, since every shell on the way to it has another one.
launch() {
  local name=$1
  shift
  say "Starting $name …"
  rm -f "$RUN/$name.pid"
  (
    cd "$CURRENT"
    PYTHONDONTWRITEBYTECODE=1 with_settings ebb.env -- env DIARY_JOBS=none \
      setsid sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' "$RUN/$name.pid" "$@" </dev/null >>"$LOGS/$name.log" 2>&1 &
  )
  for _ in $(seq 100); do
    [ ! -e "$RUN/$name.pid" ] || return 0
    sleep 0.05
  done
  give_up "$name does not start: look into $LOGS/$name.log."
}

# Prints what the program consists of: another version is another text.
program() { (cd "$RELEASE" && find diary templates wsgi.py requirements.txt -type f ! -name '*.pyc' | sort | xargs cat); }

runs() { [ -e "$RUN/$1.pid" ] && kill -0 "$(<"$RUN/$1.pid")" 2>/dev/null; }

# stop_process NAME: asks it to end, and waits for a minute at most.
stop_process() {
  local pid
  runs "$1" || { rm -f "$RUN/$1.pid"; return 0; }
  pid=$(<"$RUN/$1.pid")
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 600); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$RUN/$1.pid"
}

start_nginx() {
  local mime user=''
  for mime in /etc/nginx/mime.types "${NGINX%/usr/sbin/nginx}/etc/nginx/mime.types" "${NGINX%/bin/nginx}/etc/nginx/mime.types"; do
    [ ! -e "$mime" ] || break
  done
  [ "$(id -u)" != 0 ] || user='user root root;'
  configuration | write_where_changed "$ETC/nginx-ebb.conf" || true
  fill "$RELEASE/deploy/nginx/folder.conf" USER="$user" RUN="$RUN" LOGS="$LOGS" MIME="$mime" CONFIGURATION="$ETC/nginx-ebb.conf" |
    write_where_changed "$ETC/nginx.conf" || true
  "$NGINX" -q -t -e "$LOGS/nginx.log" -p "$RUN" -c "$ETC/nginx.conf" || give_up "nginx refuses its configuration: the reason is above."
  if runs nginx; then
    [ ! "$ETC/nginx-ebb.conf" -nt "$RUN/nginx.loaded" ] && [ ! "$ETC/tls/certificate.pem" -nt "$RUN/nginx.loaded" ] ||
      kill -HUP "$(<"$RUN/nginx.pid")" # a new configuration closes lines on which a phone may be about to send
  else
    "$NGINX" -e "$LOGS/nginx.log" -p "$RUN" -c "$ETC/nginx.conf" || give_up "nginx does not start: look into $LOGS/nginx.log."
  fi
  touch "$RUN/nginx.loaded"
}

stop_everything() {
  local file
  runs nginx && kill -QUIT "$(<"$RUN/nginx.pid")" || true
  for file in "$RUN"/server-*.pid "$RUN"/worker-*.pid; do
    [ ! -e "$file" ] || stop_process "$(basename "$file" .pid)"
  done
  if [ -e "$FOLDER/postgres/postmaster.pid" ]; then
    kill -INT "$(head -n 1 "$FOLDER/postgres/postmaster.pid")" 2>/dev/null || true
    for _ in $(seq 300); do
      [ -e "$FOLDER/postgres/postmaster.pid" ] || break
      sleep 0.1
    done
  fi
}

tell_what_is_next() {
  cat <<TOLD
Ebb is served on https://$NAME$(tls_suffix) from $FOLDER; its certificate is $ETC/tls/certificate.pem.
Stop it: deploy/on-one-machine --without-systemd $FOLDER --stop
TOLD
}
