/** What the first bytes of a connection are: a ClientHello, a PROXY header. Only {@link FirstBytes} reads them from an endpoint. */
@NullMarked
package io.hawser.lb.inspect;

import org.jspecify.annotations.NullMarked;
