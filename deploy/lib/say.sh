# Sourced by deploy/on-one-machine: what is told, and what arguments may be.

say() { echo "$*" >&2; }

give_up() {
  echo "$1" >&2
  exit 1
}

misused() {
  echo "$1 (deploy/on-one-machine --help)" >&2
  exit 2
}

# value OPTION REST…: prints what follows the option.
value() {
  [ "$#" -gt 1 ] && [ -n "$2" ] || misused "$1 needs a value."
  echo "$2"
}

number() {
  [ "$#" -gt 1 ] && [[ $2 =~ ^[1-9][0-9]?$ ]] || misused "$1 needs a number from 1 to 99."
  echo "$2"
}

file() {
  [ "$#" -gt 1 ] && [ -r "$2" ] || misused "$1 needs a file that can be read."
  realpath -- "$2"
}

# needed PROGRAM PACKAGE: gives up with what to install.
needed() { command -v "$1" >/dev/null || give_up "$1 is missing: apt-get install $2, then run this again."; }
