# Sourced by the scripts beside it: what they say of the artefacts.
say() { echo "[hawser] $*"; }

megabytes() { # BYTES
  printf '%d.%d MB' "$(($1 / 1000000))" "$(($1 / 100000 % 10))"
}

size_of() { # FILE [MORE]: one line for an artefact
  say "$(printf '%-28s %9s%s' "${1##*/}" "$(megabytes "$(stat -c %s "$1")")" "${2:+   $2}")"
}
