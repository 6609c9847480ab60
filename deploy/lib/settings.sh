# Sourced by deploy/on-one-machine: ebb.env for whoever serves, owner.env for whoever migrates. What stands there is kept.

write_settings() {
  made_for_owner "$ETC/ebb.env" "$ETC/owner.env"
  setting ebb.env DIARY_ENV production
  setting ebb.env DIARY_INSTANCE "$STATE"
  setting ebb.env DIARY_SECRET_KEY "$(random_word)"
  setting ebb.env DIARY_BASE_URL "https://$NAME$(tls_suffix)"
  setting ebb.env DIARY_TRUSTED_HOSTS "$NAME,127.0.0.1" # Prometheus and the runbook ask the servers themselves
  setting ebb.env DIARY_PROXY_HOPS 1
  setting ebb.env DIARY_MAIL_URL ''
  setting ebb.env DIARY_METRICS_TOKEN "$(random_word)"
}

# setting FILE NAME VALUE: writes it where the file does not say it yet.
setting() {
  ! has_setting "$1" "$2" || return 0
  case $3 in *\'* | *$'\n'*) give_up "The value of $2 holds a quote: write $ETC/$1 by hand." ;; esac
  printf "%s='%s'\n" "$2" "$3" >>"$ETC/$1"
}

has_setting() { grep -q "^$2=" "$ETC/$1" 2>/dev/null; }

# Files that hold secrets: empty, and the owner's only, before anything is written into them.
made_for_owner() {
  local one
  for one in "$@"; do
    [ -e "$one" ] || (umask 077 && : >"$one")
    chmod 600 "$one"
  done
}

# with_settings FILE… -- COMMAND…: runs a command with the settings of these files, and no other DIARY_ of this shell.
with_settings() (
  unset "${!DIARY_@}"
  set -a
  while [ "$1" != -- ]; do
    . "$ETC/$1"
    shift
  done
  set +a
  shift
  exec "$@"
)

random_word() { openssl rand -hex 32; }

# ready ADDRESS [PID]: waits for it, two minutes at most, and no longer than its process runs.
ready() { with_settings ebb.env -- "$PYTHON" "$RELEASE/deploy/wait-until-ready" "$1" 120 "${2:-0}"; }
