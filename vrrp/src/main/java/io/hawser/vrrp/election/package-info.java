/**
 * Who holds the addresses of a virtual router and why: the state machine of one router, and what several routers of one
 * node do together. No clock, no thread, no input or output: the time and all that happens are arguments, and what is to
 * be done is the answer. Moments and lengths are nanoseconds; the moments of one node are on the scale of one monotonic
 * clock, may be negative and are compared by their difference.
 */
@NullMarked
package io.hawser.vrrp.election;

import org.jspecify.annotations.NullMarked;
