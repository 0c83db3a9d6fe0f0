/** TLS without sockets: sessions, the contexts they are opened from, and the files those follow. */
@NullMarked
package io.hawser.lb.tls;

import org.jspecify.annotations.NullMarked;
