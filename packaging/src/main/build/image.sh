#!/bin/bash
# image.sh MODULE_DIR JAVA_HOME EPOCH_SECONDS VERSION
# Writes target/hawser-image-ARCH.tar, an OCI image of target/dist (image-spec 1.1, image layout in a tar), with nothing but tar, gzip and
# sha256sum: no engine, no daemon, no base image. Same inputs, same digest. Three layers, from what seldom changes to what often does:
# the C library, the Java runtime, hawser. There is no shell in it: /usr/bin/hawser is a line that names the JVM as its interpreter.
set -euo pipefail
module=$1 jdk=$2 epoch=$3 version=$4
target=$module/target dist=$target/dist work=$target/image

. "$module/src/main/build/sizes.sh"
digest() { sha256sum "$1" | cut -d' ' -f1; }

machine=$(uname -m)
case $machine in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) say "no image: $machine is neither x86_64 nor aarch64"; exit 0 ;;
esac
image=$target/hawser-image-$arch.tar
rm -f "$image"
[ -x "$dist/runtime/bin/java" ] || { say "no image: the distribution has no Java runtime of its own"; exit 0; }
case $(ldd --version 2>&1) in
  *GLIBC* | *'GNU libc'*) ;;
  *) say "no image: this machine's C library is not glibc"; exit 0 ;;
esac

dist=$(cd "$dist" && pwd -P)
rm -rf "$work" && mkdir -p "$work"/{libc,runtime,hawser} "$work/oci/blobs/sha256" && work=$(cd "$work" && pwd -P)

# --- what the native code asks of the system: the dynamic loader and parts of libc6, and nothing else
mapfile -t elfs < <(
  find "$dist/runtime" -type f \( -name '*.so' -o -path '*/bin/java' -o -name jspawnhelper \)
  find "$dist/lib/native" -name '*.so'
)
libraries=$(for elf in "${elfs[@]}"; do ldd "$elf"; done |
  awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/lib.*\/ld-/ { print $1 }' | grep -v "^$dist/" | LC_ALL=C sort -u)
for library in $libraries; do
  case ${library##*/} in
    ld-linux*.so.* | libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1) ;;
    *) say "image: $library is needed and is not part of libc6: think before it is added here"; exit 1 ;;
  esac
  mkdir -p "$work/libc${library%/*}"
  cp -L "$library" "$work/libc$library"
done
# What signs RSA handshakes where this machine has it: without it the TLS library does, which takes longer.
libcrypto=$(dirname "$(grep '/libc\.so\.6$' <<<"$libraries")")/libcrypto.so.3
if [ ! -e "$libcrypto" ]; then
  say "image: without libcrypto.so.3, which this machine has not got"
  libcrypto=
elif [ -n "$(ldd "$libcrypto" | awk '$2 == "=>" { print $3 }' | grep -vxF "$libraries")" ]; then
  say "image: without libcrypto.so.3, which needs more here than libc6"
  libcrypto=
else
  cp -L "$libcrypto" "$work/libc$libcrypto"
fi
mkdir -p "$work"/libc/{etc,tmp,run}
chmod 1777 "$work/libc/tmp"
printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'nobody:x:65534:65534:nobody:/:/sbin/nologin' >"$work/libc/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$work/libc/etc/group"
printf 'hosts: files dns\n' >"$work/libc/etc/nsswitch.conf"
# For scanners: which release and which packages the libraries are of. And the licences that come with them.
package() { # NAME: prints its version
  mkdir -p "$work"/libc/var/lib/dpkg/status.d "$work/libc/usr/share/doc/$1"
  dpkg-query -s "$1" >"$work/libc/var/lib/dpkg/status.d/$1"
  cp -L "/usr/share/doc/$1/copyright" "$work/libc/usr/share/doc/$1/" 2>/dev/null || :
  dpkg-query -W -f '${Version}' "$1"
}
libc=unknown openssl=
if command -v dpkg-query >/dev/null && dpkg-query -W libc6 >/dev/null 2>&1; then
  libc=$(package libc6)
  cp -L /etc/os-release "$work/libc/etc/os-release" 2>/dev/null || :
fi
if [ -n "$libcrypto" ]; then
  openssl=unknown
  if owner=$(dpkg-query -S "*/libcrypto.so.3" 2>/dev/null | sed -n '1s/:.*//p') && [ -n "$owner" ]; then openssl=$(package "$owner"); fi
fi

# --- the runtime: of its commands only java
mkdir -p "$work/runtime/opt/hawser"
cp -a "$dist/runtime" "$work/runtime/opt/hawser/runtime"
find "$work/runtime/opt/hawser/runtime/bin" -type f ! -name java -delete

# --- hawser itself
home=$work/hawser/opt/hawser
mkdir -p "$home/etc" "$work"/hawser/{usr/bin,etc/hawser,run/hawser}
cp -a "$dist/lib" "$home/lib"
if [ -e "$dist/hawser-sbom.json" ]; then cp "$dist/hawser-sbom.json" "$home/"; fi
classpath=$(sed 's|^|/opt/hawser/lib/|' "$home/lib/classpath" | paste -sd:)
{
  cat "$dist/etc/jvm.options"
  echo
  if [ -e "$home/lib/hawser.aot" ]; then echo "-XX:AOTCache=/opt/hawser/lib/hawser.aot"; fi
  echo "-Dhawser.home=/opt/hawser"
  echo "-Djava.library.path=/opt/hawser/lib/native"
  echo "-Djffi.boot.library.path=/opt/hawser/lib/native"
  echo "-Dhawser.script=/usr/bin/hawser"
  echo "-cp $classpath"
  echo "io.hawser.lb.daemon.Main"
} >"$home/etc/image.args"
echo '#!/opt/hawser/runtime/bin/java @/opt/hawser/etc/image.args' >"$work/hawser/usr/bin/hawser"
chmod 755 "$work/hawser/usr/bin/hawser"

# --- layers, configuration, manifest, index
find "$work"/{libc,runtime,hawser} -type f -exec chmod u=rwX,go=rX {} + -o -type d ! -perm -1000 -exec chmod 755 {} +
blob() { # FILE: moves it among the blobs, prints its digest
  local name
  name=$(digest "$1")
  mv "$1" "$work/oci/blobs/sha256/$name"
  echo "$name"
}
layers= diffs= history= unpacked=0
for layer in libc runtime hawser; do
  (cd "$work/$layer" && tar --create --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --file "$work/$layer.tar" -- *)
  unpacked=$((unpacked + $(stat -c %s "$work/$layer.tar")))
  diffs=$diffs${diffs:+,}\"sha256:$(digest "$work/$layer.tar")\"
  gzip -n -6 "$work/$layer.tar"
  size=$(stat -c %s "$work/$layer.tar.gz")
  name=$(blob "$work/$layer.tar.gz")
  layers=$layers${layers:+,}'{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:'$name'","size":'$size'}'
  history=$history${history:+,}'{"created":"'$(date -u -d "@$epoch" +%FT%TZ)'","created_by":"hawser: layer '$layer'"}'
done
labels='{"org.opencontainers.image.title":"hawser","org.opencontainers.image.version":"'$version'","org.opencontainers.image.licenses":"Apache-2.0","io.hawser.libc6":"'$libc'","io.hawser.openssl":"'$openssl'"}'
cat >"$work/config.json" <<JSON
{"created":"$(date -u -d "@$epoch" +%FT%TZ)","architecture":"$arch","os":"linux","config":{"Env":["PATH=/usr/bin","LANG=C.UTF-8"],"Entrypoint":["/usr/bin/hawser"],"Cmd":["run"],"StopSignal":"SIGTERM","Labels":$labels},"rootfs":{"type":"layers","diff_ids":[$diffs]},"history":[$history]}
JSON
size=$(stat -c %s "$work/config.json") name=$(blob "$work/config.json")
cat >"$work/manifest.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$name","size":$size},"layers":[$layers]}
JSON
size=$(stat -c %s "$work/manifest.json") name=$(blob "$work/manifest.json")
cat >"$work/oci/index.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$name","size":$size,"platform":{"architecture":"$arch","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"localhost/hawser:$version","io.containerd.image.name":"localhost/hawser:$version"}}]}
JSON
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci/oci-layout"
find "$work/oci" -type f -exec chmod 644 {} + -o -type d -exec chmod 755 {} +
(cd "$work/oci" && tar --create --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --file "$work/image.tar" -- *)
mv "$work/image.tar" "$image"
rm -rf "$work"
size_of "$image" "unpacked $(megabytes "$unpacked"), sha256:${name:0:12}"
