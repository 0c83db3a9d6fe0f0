package io.hawser.sysctl.linux;

/** A change of interfaces or addresses, as rtnetlink announced it. Immutable. */
public sealed interface RouteEvent {
    /** An interface appeared or changed in whatever respect, perhaps in none that {@link Link} shows. */
    record LinkChanged(Link link) implements RouteEvent {}

    /** An interface was deleted, or moved to another network namespace. */
    record LinkRemoved(int index, String name) implements RouteEvent {}

    /** An address was added or changed; each renewal of a lifetime is announced too. */
    record AddressAdded(InterfaceAddress address) implements RouteEvent {}

    /** An address was removed, by somebody or because its lifetime ended. */
    record AddressRemoved(InterfaceAddress address) implements RouteEvent {}

    /** Events were lost: read links and addresses anew. */
    record Lost() implements RouteEvent {}
}
