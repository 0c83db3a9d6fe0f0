#!/bin/bash
# deb.sh MODULE_DIR EPOCH_SECONDS VERSION
# Writes target/hawser_VERSION_ARCH.deb from target/dist and src/main/deb (deb(5)), with nothing but tar, gzip and printf: it is made alike where
# there is no dpkg. The same inputs give the same file.
set -euo pipefail
module=$1 epoch=$2 version=$3
target=$module/target dist=$target/dist source=$module/src/main/deb work=$target/deb
. "$module/src/main/build/sizes.sh"

case $(uname -m) in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) say "no Debian package: $(uname -m) is neither x86_64 nor aarch64"; exit 0 ;;
esac
deb=$target/hawser_${version}_$arch.deb
rm -f "$target"/hawser_*.deb
[ -x "$dist/runtime/bin/java" ] || { say "no Debian package: the distribution has no Java runtime of its own"; exit 0; }

rm -rf "$work" && mkdir -p "$work/control" "$work"/data/{etc/default,etc/hawser,usr/bin,usr/lib/hawser,usr/lib/systemd/system,usr/share/doc/hawser,usr/share/lintian/overrides}
data=$work/data
cp -a "$dist"/{bin,etc,lib,runtime} "$data/usr/lib/hawser/"
find "$data/usr/lib/hawser/runtime/bin" -type f ! -name java -delete
ln -s ../lib/hawser/bin/hawser "$data/usr/bin/hawser"
cp "$dist/examples/hawser.yaml" "$data/etc/hawser/hawser.yaml.example"
cp "$source/hawser.default" "$data/etc/default/hawser"
cp "$source/hawser.service" "$data/usr/lib/systemd/system/hawser.service"
cp "$source/lintian-overrides" "$data/usr/share/lintian/overrides/hawser"
cp "$source/copyright" "$data/usr/share/doc/hawser/copyright"
if [ -e "$dist/hawser-sbom.json" ]; then cp "$dist/hawser-sbom.json" "$data/usr/share/doc/hawser/"; fi
cp "$module/../README.md" "$data/usr/share/doc/hawser/README.md"
cp -r "$dist"/{examples,monitoring} "$data/usr/share/doc/hawser/"
printf 'hawser (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n -- The hawser authors <hawser@localhost>  %s\n' \
  "$version" "$(LC_ALL=C date -u -d "@$epoch" '+%a, %d %b %Y %H:%M:%S +0000')" | gzip -n -9 >"$data/usr/share/doc/hawser/changelog.gz"
find "$data" -type f -exec chmod u=rwX,go=rX {} + -o -type d -exec chmod 755 {} +

cp "$source"/control/* "$work/control/"
chmod 755 "$work"/control/*
cat >"$work/control/control" <<CONTROL
Package: hawser
Version: $version
Architecture: $arch
Maintainer: The hawser authors <hawser@localhost>
Installed-Size: $(du -ks --apparent-size "$data" | cut -f1)
Depends: libc6 (>= 2.28)
Recommends: libssl3t64 | libssl3
Section: net
Priority: optional
Description: load balancer and virtual address in front of a Kubernetes control plane
 One process that replaces HAProxy and Keepalived: it spreads TCP connections
 over the masters, checks who can serve, and holds the virtual address on
 exactly one node that can. It brings its own Java runtime.
CONTROL
printf '%s\n' /etc/default/hawser /etc/hawser/hawser.yaml.example >"$work/control/conffiles"
(cd "$data" && find . -type f ! -path './etc/*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum) >"$work/control/md5sums"
chmod 644 "$work"/control/{control,conffiles,md5sums}

archive() { # NAME
  tar --create --directory "$work/$1" --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner . | gzip -n -6 >"$work/$1.tar.gz"
}
member() { # FILE: as ar(5) has it
  printf '%-16s%-12s%-6s%-6s%-8s%-10s`\n' "${1##*/}" "$epoch" 0 0 100644 "$(stat -c %s "$1")"
  cat "$1"
  if [ $(($(stat -c %s "$1") % 2)) = 1 ]; then printf '\n'; fi
}
archive control
archive data
printf '2.0\n' >"$work/debian-binary"
{
  printf '!<arch>\n'
  member "$work/debian-binary"
  member "$work/control.tar.gz"
  member "$work/data.tar.gz"
} >"$deb"
rm -rf "$work"
size_of "$deb"
