#!/bin/bash
# assemble.sh MODULE_DIR JAVA_HOME EPOCH_SECONDS MAKE_TAR VERSION
# Lays out target/dist from target/jars (the runtime class path): launcher, options, jars in one fixed order, a jlink runtime and an
# AOT cache trained on them. Each part is made again only when what it is made from has changed. With MAKE_TAR true the artefacts follow:
# the tar, the OCI image and the Debian package, with a line for the size of each.
set -euo pipefail
module=$1 jdk=$2 epoch=$3 make_tar=$4 version=$5
target=$module/target dist=$target/dist
mkdir -p "$dist/lib" "$dist/bin" "$dist/etc" "$dist/examples" "$dist/monitoring"

. "$module/src/main/build/sizes.sh"
stamp() { sha256sum | cut -d' ' -f1; }
unchanged() { # NAME KEY OUTPUT: true when OUTPUT was made from KEY
  [ -e "$3" ] && [ "$(cat "$target/$1.key" 2>/dev/null)" = "$2" ]
}

# Everything gets the time of the release: archives come out alike, and the AOT cache checks the times of the jars.
install -m 755 "$module/src/main/dist/bin/hawser" "$dist/bin/hawser"
install -m 644 "$module/src/main/dist/etc/jvm.options" "$dist/etc/jvm.options"
install -m 644 "$module"/src/main/dist/examples/*.yaml "$dist/examples/"
install -m 644 "$module"/src/main/dist/monitoring/* "$dist/monitoring/"

# The bill of materials is made with the artefacts; the folder alone must not carry that of an earlier build.
rm -f "$dist/hawser-sbom.json"
if [ "$make_tar" = true ] && [ -e "$target/hawser-sbom.json" ]; then install -m 644 "$target/hawser-sbom.json" "$dist/hawser-sbom.json"; fi

jars=$(cd "$target/jars" && LC_ALL=C ls ./*.jar | sed 's|^\./||')
# Native code stands next to the jars, unpacked: to unpack it at each start would need a writable directory that code may be loaded from.
# The jars that hold nothing else are left out. Netty looks for its libraries by name in java.library.path, and jffi for its own in jffi.boot.library.path (bin/hawser, image.sh).
natives() { # DIRECTORY
  local machine work jar
  machine=$(uname -m) work=$target/natives
  rm -rf "$work" && mkdir -p "$work" "$1"
  for jar in $native_jars; do
    (cd "$work" && "$jdk/bin/jar" --extract --file "$target/jars/$jar")
  done
  find "$work" -type f \( -path "*/$machine-Linux/*.so" -o -name "*_$machine.so" \) -exec install -m 644 {} "$1" \;
  # Their terms go with them.
  find "$work/META-INF" -type f \( -name 'LICENSE*' -o -name 'NOTICE*' \) -exec install -m 644 {} "$1" \;
  rm -rf "$work"
}

only_native='-linux-[^-]*\.jar$|-native\.jar$'
native_jars=$(grep -E -- "$only_native" <<<"$jars")
java_jars=$(grep -vE -- "$only_native" <<<"$jars")
jars_key=$({ declare -f natives; echo "$only_native"; cd "$target/jars" && sha256sum $jars; } | stamp)
if ! unchanged lib "$jars_key" "$dist/lib/classpath"; then
  rm -rf "$dist/lib" && mkdir "$dist/lib"
  for jar in $java_jars; do cp "$target/jars/$jar" "$dist/lib/"; done
  echo "$java_jars" >"$dist/lib/classpath"
  natives "$dist/lib/native"
  find "$dist/lib" -exec touch -d "@$epoch" {} +
  echo "$jars_key" >"$target/lib.key"
fi

# What Netty, jnr, micrometer, snakeyaml, logback and picocli use of the JDK.
modules=java.base,java.logging,java.naming,java.management,java.xml,jdk.management,jdk.unsupported,jdk.jfr
# The compressed modules are 23 MB less. What a start needs of them is in the AOT cache, so it takes as long: 596 ms either way, medians of 12.
link=(--strip-debug --no-header-files --no-man-pages --compress zip-6)
runtime_key=$({ echo "$modules ${link[*]}"; cat "$jdk/release"; } | stamp)
if ! unchanged runtime "$runtime_key" "$dist/runtime/bin/java"; then
  rm -rf "$dist/runtime"
  say "linking the Java runtime"
  if "$jdk/bin/jlink" --add-modules "$modules" "${link[@]}" --output "$dist/runtime" >"$target/jlink.log" 2>&1; then
    find "$dist/runtime" -exec touch -h -d "@$epoch" {} +
    echo "$runtime_key" >"$target/runtime.key"
  else
    # Some distributions package the JDK without what jlink needs; the launcher then uses an installed Java 25.
    rm -rf "$dist/runtime"
    say "jlink failed (see $target/jlink.log): the distribution will need an installed Java 25"
  fi
fi

java=$dist/runtime/bin/java
[ -x "$java" ] || java=$jdk/bin/java
aot_key=$({ echo "$jars_key $runtime_key"; cat "$dist/etc/jvm.options" "$module/src/main/build/train.sh"; } | stamp)
if ! unchanged aot "$aot_key" "$dist/lib/hawser.aot"; then
  rm -f "$dist/lib/hawser.aot" "$target/aot.key"
  say "training the AOT cache"
  if HAWSER_JAVA=$java bash "$module/src/main/build/train.sh" "$dist" "$target/train" >"$target/train.log" 2>&1 && [ -s "$target/train/hawser.aot" ]; then
    mv "$target/train/hawser.aot" "$dist/lib/hawser.aot"
    touch -d "@$epoch" "$dist/lib/hawser.aot" "$dist/lib"
    echo "$aot_key" >"$target/aot.key"
  else
    say "no AOT cache (see $target/train.log): hawser will start more slowly"
  fi
fi

if [ "$make_tar" = true ]; then
  # The times must survive unpacking, or the AOT cache is not used.
  tar --create --directory "$target" --transform 's|^dist|hawser|' --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
    --use-compress-program='gzip -n -3' --file "$target/hawser.tar.gz.new" dist
  mv "$target/hawser.tar.gz.new" "$target/hawser.tar.gz"
  size_of "$target/hawser.tar.gz"
  bash "$module/src/main/build/image.sh" "$module" "$jdk" "$epoch" "$version"
  bash "$module/src/main/build/deb.sh" "$module" "$epoch" "$version"
  if [ -e "$target/hawser-sbom.json" ]; then size_of "$target/hawser-sbom.json" "$(grep -c '"purl"' "$target/hawser-sbom.json") components"; fi
fi
