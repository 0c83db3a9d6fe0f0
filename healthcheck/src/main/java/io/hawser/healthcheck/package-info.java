/** Health checks of members, their hysteresis, and the probe of the peer nodes. */
@NullMarked
package io.hawser.healthcheck;

import org.jspecify.annotations.NullMarked;
