/** Sockets and what goes over them: endpoints, TLS on them, the relay between two, and the buffers in between. */
@NullMarked
package io.hawser.lb.net;

import org.jspecify.annotations.NullMarked;
