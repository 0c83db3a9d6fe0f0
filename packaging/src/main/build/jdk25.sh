# Sourced by the scripts at the root: finds a JDK 25 without starting one, by the release file each JDK carries.

is_jdk25() { # HOME
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

jdk_version() { # HOME
  local version
  version=$(sed -nE 's/^JAVA_VERSION="(.*)"$/a JDK \1/p' "$1/release" 2>/dev/null)
  echo "${version:-no JDK}"
}

find_jdk25() { # prints the home of a JDK 25, or fails
  local home java
  if [ -n "${JAVA_HOME:-}" ] && is_jdk25 "$JAVA_HOME"; then
    echo "$JAVA_HOME"
    return
  fi
  if java=$(command -v javac) && home=$(dirname "$(dirname "$(readlink -f "$java")")") && is_jdk25 "$home"; then
    echo "$home"
    return
  fi
  for home in /usr/lib/jvm/*25* /usr/java/*25* /opt/java/* /opt/*jdk*25* /usr/local/*jdk*25* \
    "${HOME:-/root}"/.sdkman/candidates/java/25* "${HOME:-/root}"/.jdks/*25*; do
    if is_jdk25 "$home"; then
      echo "$home"
      return
    fi
  done
  return 1
}

# Sets JAVA_HOME and MAVEN_OPTS for the build, or says what to install and exits 4.
require_build_tools() {
  local given=${JAVA_HOME:-}
  if ! JAVA_HOME=$(find_jdk25); then
    if [ -n "$given" ]; then
      echo "hawser: JAVA_HOME ($given) is $(jdk_version "$given"), not 25" >&2
    fi
    cat >&2 <<'MISSING'
hawser: no JDK 25 found (looked at JAVA_HOME, PATH, /usr/lib/jvm, /opt, /usr/local, ~/.sdkman and ~/.jdks).
Install one, for example:
  apt-get install openjdk-25-jdk-headless       where the distribution has it
  apt-get install temurin-25-jdk                from the Adoptium repository (https://adoptium.net/installation/linux)
  sdk install java 25-tem                       with SDKMAN
or set JAVA_HOME to an unpacked JDK 25.
MISSING
    exit 4
  fi
  export JAVA_HOME
  # Maven must itself run on 25: the formatter parses with the compiler of its host. The two options silence its libraries.
  export MAVEN_OPTS="${MAVEN_OPTS:-} --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
  if ! command -v mvn >/dev/null; then
    echo "hawser: building needs Maven 3.8 or later, and there is no mvn on the PATH; install it: apt-get install maven" >&2
    exit 4
  fi
}
