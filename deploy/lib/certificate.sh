# Sourced by deploy/on-one-machine: the certificate that nginx shows.

prepare_certificate() {
  mkdir -p "$ETC/tls"
  chmod 700 "$ETC/tls"
  if [ -n "$CERTIFICATE" ]; then
    check_pair "$CERTIFICATE" "$KEY"
    install -m 644 "$CERTIFICATE" "$ETC/tls/certificate.pem"
    install -m 600 "$KEY" "$ETC/tls/key.pem"
    rm -f "$ETC/tls/self-signed"
    return
  fi
  if [ ! -e "$ETC/tls/certificate.pem" ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 90 -subj "/CN=$NAME" \
      -addext "subjectAltName=DNS:$NAME" -addext "basicConstraints=critical,CA:FALSE" \
      -keyout "$ETC/tls/key.pem" -out "$ETC/tls/certificate.pem" 2>/dev/null) || give_up "openssl could not make a certificate."
    chmod 644 "$ETC/tls/certificate.pem"
    touch "$ETC/tls/self-signed"
  fi
}

check_pair() {
  local of_certificate of_key
  of_certificate=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || give_up "$1 holds no certificate."
  of_key=$(openssl pkey -in "$2" -pubout 2>/dev/null) || give_up "$2 holds no key without a passphrase."
  [ "$of_certificate" = "$of_key" ] || give_up "$1 and $2 do not belong together."
}
