package io.hawser.lb.balance;

import java.util.List;

/**
 * Where the members of one pool come from: the configuration file, or something that changes while the node runs, such as a name server or a
 * cluster. The source says who the members are; health, orders of operators and connections are the {@link Pool}'s.
 */
public interface MemberSource {
    /**
     * The members as last known, in an order that stays; names and addresses are unique. Empty as long as none is known. Any thread; does not
     * wait.
     */
    List<MemberPlan> members();

    /** Those of the members that all nodes must have alike, in any order: all of a list, none of what each node finds for itself. */
    default List<MemberPlan> sameOnAllNodes() {
        return List.of();
    }

    /**
     * Begins to look for changes. Called once, when the node runs by the configuration that this source was made for.
     *
     * @param changed to be run after each change of {@link #members()}, on a thread of the source; may wait while the node is reloaded
     */
    default void start(Runnable changed) {}

    /** Ends looking; does not wait for a thread of the source, so {@code changed} may be run once more. Also when it has not started. */
    default void close() {}

    /** A source whose members stay as they are. */
    static MemberSource fixed(List<MemberPlan> members) {
        List<MemberPlan> always = List.copyOf(members);
        return new MemberSource() {
            @Override
            public List<MemberPlan> members() {
                return always;
            }

            @Override
            public List<MemberPlan> sameOnAllNodes() {
                return always;
            }
        };
    }
}
