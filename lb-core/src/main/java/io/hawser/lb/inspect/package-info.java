/** What the first bytes of a connection are: a TLS hello, a PROXY header. Reads and writes bytes, and no socket. */
@NullMarked
package io.hawser.lb.inspect;

import org.jspecify.annotations.NullMarked;
