# Sourced by script/test, script/faults and benches: the programs of a PostgreSQL that the tests start by themselves.
OLDEST_POSTGRES=15
# The tests that run on both databases each time: what is stored, once, at once with others, and comes back from a backup.
POSTGRES_TESTS=(
  tests/storage
  tests/services/test_{races,entries,entries_in_parallel,audit_chain,outbox,throttle,invites,undo,once_only,conflicts}.py
  tests/services/test_{order_of_locks,fresh_lines,moving_up,restoring_across_keys,restoring_over_damage}.py tests/web/test_done_again.py
  tests/services/test_{second_factors,sign_in,backups,restoring,restoring_in_use}.py
)

# named_tests_need_postgres ARGUMENTS…: true when they name no path, or one whose tests start a PostgreSQL, or ask for it.
named_tests_need_postgres() {
  local argument path paths=0
  for argument in "$@"; do
    [ "$argument" != --postgres ] || return 0
    path=${argument%%::*}
    path=${path#"$PWD"/}
    path=${path#./}
    path=${path%/}
    case $argument in -*) continue ;; esac
    [ -e "$path" ] || continue
    paths=1
    case $path in . | "$PWD" | tests | tests/faults* | tests/postgres* | tests/storage*) return 0 ;; esac
  done
  [ "$paths" = 0 ]
}

# prepare_postgres: exports EBB_POSTGRES_BIN, the folder of initdb and postgres; installs Debian's package when there is none.
prepare_postgres() {
  find_postgres || {
    install_postgres && find_postgres ||
      give_up "The tests on PostgreSQL need PostgreSQL $OLDEST_POSTGRES or newer: install it (Debian: sudo apt-get install postgresql; macOS: brew install postgresql), or name its folder of programs in EBB_POSTGRES_BIN, and run this again."
  }
  export EBB_POSTGRES_BIN
}

# Sets EBB_POSTGRES_BIN to the newest there is; a folder named from outside is kept as it is.
find_postgres() {
  local folder
  if [ -n "${EBB_POSTGRES_BIN:-}" ]; then
    postgres_is_in "$EBB_POSTGRES_BIN" || give_up "EBB_POSTGRES_BIN names $EBB_POSTGRES_BIN, where no PostgreSQL $OLDEST_POSTGRES or newer is."
    return
  fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse 2>/dev/null) "$(folder_of initdb)"; do
    if postgres_is_in "$folder"; then
      EBB_POSTGRES_BIN=$folder
      return
    fi
  done
  return 1
}

folder_of() {
  local program
  program=$(command -v "$1") && dirname -- "$(readlink -f -- "$program")"
}

postgres_is_in() {
  local program version
  for program in initdb postgres pg_basebackup pg_dump; do
    [ -x "$1/$program" ] || return 1
  done
  version=$("$1/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  [ "${version:-0}" -ge "$OLDEST_POSTGRES" ]
}

# Debian makes and starts a server of its own with the package, unless this file tells it not to beforehand.
install_postgres() {
  local as_root='' settings=/etc/postgresql-common/createcluster.conf
  [ "$(id -u)" = 0 ] || as_root='sudo -n'
  command -v apt-get >/dev/null || return 1
  [ -z "$as_root" ] || sudo -n true 2>/dev/null || return 1
  if [ ! -e "$settings" ]; then
    $as_root mkdir -p "${settings%/*}"
    printf 'create_main_cluster = false\nstart_conf = manual\n' | $as_root tee "$settings" >/dev/null
  fi
  install_debian_packages postgresql -o Dpkg::Options::=--force-confold
}
