#!/bin/bash
# train.sh DIST WORK_DIR
# Runs the distribution once so that the JVM writes WORK_DIR/hawser.aot: the classes that a start needs, loaded, linked and profiled.
# The run is a whole node on loopback, without root: it starts, checks a member, passes some requests, answers its admin port and stops.
set -uo pipefail
dist=$1 work=$2
rm -rf "$work" && mkdir -p "$work" && work=$(cd "$work" && pwd -P)
export HAWSER_JVM_OPTS="-XX:AOTCacheOutput=$work/hawser.aot"

cat >"$work/hawser.yaml" <<YAML
nodes: [{name: one, address: 127.0.0.1}]
listeners: [{name: loop, bind: "127.0.0.1:18999", pool: self}]
pools: [{name: self, members: ["127.0.0.1:19098"], health: {type: http, path: /livez}}]
admin: {bind: "127.0.0.1:19098", socket: "$work/hawser.sock"}
kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
YAML

"$dist/bin/hawser" run --config "$work/hawser.yaml" --node one >"$work/run.log" 2>&1 &
pid=$!
get() { # PORT PATH
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
  timeout 2 cat <&3 >/dev/null
  exec 3<&-
}
for _ in $(seq 100); do
  kill -0 "$pid" 2>/dev/null || break
  if get 18999 /readyz 2>/dev/null; then
    for path in /healthz /metrics /status /events / /livez; do get 18999 "$path"; done 2>/dev/null
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
