/** Sockets and what goes over them: wires, TLS on them, the relay between two, and the buffers in between. */
@NullMarked
package io.hawser.lb.net;

import org.jspecify.annotations.NullMarked;
