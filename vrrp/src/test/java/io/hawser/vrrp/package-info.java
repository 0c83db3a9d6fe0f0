/** Tests of the virtual router redundancy protocol. */
package io.hawser.vrrp;
