/** Tests of the election: the engine by tables, and by simulated schedules of faults. */
package io.hawser.vrrp.election;
