/** Virtual Router Redundancy Protocol: wire formats, the pure engine, and the loop that feeds it. */
@NullMarked
package io.hawser.vrrp;

import org.jspecify.annotations.NullMarked;
