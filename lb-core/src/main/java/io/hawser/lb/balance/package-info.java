/** Pools, members and the choice of a member for a connection. */
@NullMarked
package io.hawser.lb.balance;

import org.jspecify.annotations.NullMarked;
