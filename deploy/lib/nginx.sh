# Sourced by deploy/on-one-machine: deploy/nginx/ebb.conf with this installation's words in it.

# fill TEMPLATE NAME=VALUE…: prints the template with every @NAME@ replaced.
fill() {
  local text pair
  text=$(<"$1")
  shift
  for pair in "$@"; do text=${text//"@${pair%%=*}@"/${pair#*=}}; done
  [[ ! $text =~ @[A-Z_]+@ ]] || give_up "nginx's configuration lacks ${BASH_REMATCH[0]}."
  printf '%s\n' "$text"
}

configuration() {
  local servers='' port host
  host=$(server_host)
  for port in $(server_ports); do servers+="    server $host:$port max_fails=2 fail_timeout=5s;"$'\n'; done
  fill "$RELEASE/deploy/nginx/ebb.conf" NAME="$NAME" SERVERS="${servers%$'\n'}" TLS_PORT="$(tls_port)" PLAIN_PORT="$(plain_port)" \
    TLS_SUFFIX="$(tls_suffix)" LOGS="$(nginx_logs)" CERTIFICATE="$ETC/tls/certificate.pem" CERTIFICATE_KEY="$ETC/tls/key.pem" \
    ACME="$(acme_folder)" HEADERS="$CURRENT/deploy/nginx/headers.conf" LARGEST=12m |
    if has_ipv6; then cat; else sed '/^ *listen \[::\]:/d'; fi
}

# Where the servers listen: loopback, unless ebb.env says otherwise.
server_host() { with_settings ebb.env -- sh -c 'echo "${DIARY_HOST:-127.0.0.1}"'; }

has_ipv6() { [ -z "$FOLDER" ] && [ -e /proc/net/if_inet6 ]; }

# write_where_changed FILE: takes what comes in, and says whether the file was another one.
write_where_changed() {
  local draft
  draft=$(mktemp "$1.XXXXXX")
  cat >"$draft"
  chmod 644 "$draft"
  if cmp -s "$draft" "$1"; then
    rm -f "$draft"
    return 1
  fi
  mv -f "$draft" "$1"
}
