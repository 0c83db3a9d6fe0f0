/** HTTP on the admin port and the unix socket: health, metrics, status, events. */
@NullMarked
package io.hawser.lb.admin;

import org.jspecify.annotations.NullMarked;
