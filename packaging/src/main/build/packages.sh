# Sourced by the scripts at the root: installs Debian packages that are missing, and says so.

# Reads lines of a command and the Debian package that has it; installs what is not there.
install_missing() { # WHO, LOG, WHAT IS LACKING WITHOUT THEM
  local missing=() command package places policy=
  places=$(printf ':%s' /usr/sbin /sbin /usr/lib/postgresql/*/bin)
  while read -r command package; do
    PATH=$PATH$places command -v "$command" >/dev/null || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "$1: not installed, and only root can install them: ${missing[*]}" >&2
    return 1
  fi
  if ! command -v apt-get >/dev/null; then
    echo "$1: no apt-get here; install these yourself, $3: ${missing[*]}" >&2
    return 1
  fi
  echo "$1: installing ${missing[*]}" >&2
  mkdir -p "$(dirname "$2")"
  # Services must not start: a keepalived, haproxy or frr of the machine is nobody's business here.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  if ! (
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update && apt-get -q -y --no-install-recommends install "${missing[@]}"
  ) </dev/null >"$2" 2>&1; then
    tail -n 20 "$2" >&2
    echo "$1: could not install ${missing[*]} (log: $2), $3" >&2
    return 1
  fi
}
