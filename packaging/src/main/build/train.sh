#!/bin/bash
# train.sh DIST WORK_DIR
# Runs the distribution once so that the JVM writes WORK_DIR/hawser.aot: the classes that a start needs, loaded, linked and profiled.
# The run is a whole node: it starts, checks members in the clear and over TLS, relays, ends TLS and encrypts again, answers its admin port, is
# crowded by clients who do not read, and stops. Where this user may have a network namespace it also speaks VRRP there and holds an address; else it uses loopback. Nothing of this needs root.
set -uo pipefail
dist=$1 work=$2
if [ -z "${HAWSER_TRAINS_IN:-}" ]; then
  rm -rf "$work"
  export HAWSER_TRAINS_IN=loopback
  if unshare --map-root-user --net sh -c 'ip link set lo up && ip link add link0 type veth peer name link1' 2>/dev/null; then
    HAWSER_TRAINS_IN=namespace exec unshare --map-root-user --net bash "$0" "$@"
  fi
fi
mkdir -p "$work" && work=$(cd "$work" && pwd -P)
export HAWSER_JVM_OPTS="-XX:AOTCacheOutput=$work/hawser.aot"

kernel='{ip-forward: false, nonlocal-bind: false, ipvs: off}' nodes='[{name: one, address: 127.0.0.1}]' routers=
if [ "$HAWSER_TRAINS_IN" = namespace ]; then
  # A link with nobody at its other end. It is not tracked: where /sys is of another namespace it does not look up.
  ip link set lo up && ip link add link0 type veth peer name link1 && ip link set link1 up && ip link set link0 up && ip address add 192.0.2.1/24 dev link0 && ip address add 198.51.100.1/32 dev lo
  kernel='{ipvs: off}' nodes='[{name: one, address: 192.0.2.1}, {name: two, address: 192.0.2.2}]'
  routers='virtual-routers: [{name: here, id: 51, addresses: [192.0.2.10], track: {interfaces: []}}]'
fi
certify() { # NAME OPENSSL_ARGUMENTS
  openssl req -x509 -nodes -days 3650 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout "$work/$1.key" -out "$work/$1.crt" "${@:2}"
}
tls_listeners= tls_pool=
if certify ec -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 && certify rsa -newkey rsa:2048; then
  tls_listeners='
  - {name: ec, bind: "127.0.0.1:18998", pool: self, mode: tls, tls: {certificate: ec.crt, key: ec.key}}
  - {name: rsa, bind: "127.0.0.1:18997", pool: self, mode: tls, tls: {certificate: rsa.crt, key: rsa.key}}
  - {name: again, bind: "127.0.0.1:18996", pool: encrypted, mode: tls, tls: {certificate: ec.crt, key: ec.key}}'
  tls_pool='
  - {name: encrypted, members: ["127.0.0.1:18998"], health: {type: https, path: /livez}, tls: {ca: ec.crt, server-name: localhost}}'
else
  echo "train.sh: without TLS, as openssl makes no certificates here"
fi
cat >"$work/hawser.yaml" <<YAML
nodes: $nodes
$routers
listeners:
  - {name: loop, bind: "127.0.0.1:18999", pool: self}$tls_listeners
pools:
  - {name: self, members: ["127.0.0.1:19098"], health: {type: http, path: /livez}}$tls_pool
admin: {bind: "0.0.0.0:19098", socket: "$work/hawser.sock"}
kernel: $kernel
YAML
[ "$HAWSER_TRAINS_IN" = namespace ] || sed -i 's/0\.0\.0\.0:19098/127.0.0.1:19098/' "$work/hawser.yaml"

"$dist/bin/hawser" run --config "$work/hawser.yaml" --node one >"$work/run.log" 2>&1 &
pid=$!
trap 'kill -KILL "$pid" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM
request() { printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1"; }
get() { # PORT PATH
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  request "$2" >&3
  timeout 2 cat <&3
  exec 3<&-
}
get_tls() { # PORT PATH
  { request "$2"; sleep 0.3; } | timeout 2 openssl s_client -quiet -connect "127.0.0.1:$1" -servername localhost
}
# More clients than one source may have, who ask for much and read nothing: what a node does then must not be done for the first time
# when somebody does it to a node that holds an address. The admin port keeps places for loopback: these come from elsewhere, where they can.
crowd() (
  trap - EXIT
  trap '' PIPE # a node closes what it does not admit
  local host=127.0.0.1 path asked= stream='GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n' each clients
  if [ -n "$routers" ]; then host=198.51.100.1; fi
  for each in $(seq 8); do
    for path in /status /events /metrics; do asked+="GET $path HTTP/1.1"$'\r\n'"Host: localhost"$'\r\n\r\n'; done
  done
  for _ in $(seq 8); do
    clients=()
    for each in $(seq 150); do
      for port in "$host/19098" 127.0.0.1/18998; do
        if exec {client}<>"/dev/tcp/$port"; then clients+=("$client"); else continue; fi
        case $((each % 8)) in
          1) printf '%s' "$asked" >&"$client" ;;
          2) printf "$stream" >&"$client" ;;
        esac
      done
    done
    sleep 0.3
    for client in "${clients[@]}"; do exec {client}<&-; done
  done
)
for _ in $(seq 100); do
  kill -0 "$pid" 2>/dev/null || break
  if get 18999 /readyz 2>/dev/null | grep -q '^HTTP/1.1 200'; then
    {
      for path in /healthz /metrics /status /events / /livez; do get 18999 "$path"; done
      if [ -n "$tls_listeners" ]; then for port in 18998 18997 18996 18996; do get_tls "$port" /livez; done; fi
      HAWSER_JVM_OPTS= "$dist/bin/hawser" status --socket "$work/hawser.sock"
      crowd
    } >/dev/null 2>&1
    # Long enough for a router that hears nobody to take its address.
    if [ -n "$routers" ]; then
      for _ in $(seq 30); do
        if ip address show dev link0 | grep -q 192.0.2.10; then break; fi
        sleep 0.1
      done
    fi
    sleep 0.5
    break
  fi
  sleep 0.1
done
kill -TERM "$pid" 2>/dev/null
# Writing the cache is part of the exit; a hang here must not hang the build.
for _ in $(seq 900); do
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
kill -KILL "$pid" 2>/dev/null
wait "$pid"
cat "$work/run.log"
if [ ! -s "$work/hawser.aot" ]; then
  # Without a node that starts, the start of the command line alone still gains something.
  "$dist/bin/hawser" version
fi
[ -s "$work/hawser.aot" ]
