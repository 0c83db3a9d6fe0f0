package io.hawser.lb.daemon;

import io.hawser.lb.admin.Commands;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The commands that a running node takes on its unix socket. Admin thread; what takes time is done elsewhere. */
final class NodeCommands implements Commands {
    /** The commands that exist. */
    static final Set<String> NAMES = Set.of("reload", "drain", "enable", "weight");

    private final Reloader reloader;
    private final Operator operator;

    NodeCommands(Reloader reloader, Operator operator) {
        this.reloader = reloader;
        this.operator = operator;
    }

    @Override
    public Set<String> names() {
        return NAMES;
    }

    @Override
    public CompletionStage<Answer> run(String name, Map<String, String> arguments) {
        String member = arguments.get("member");
        return switch (name) {
            case "reload" -> reloader.reload(Reloader.Trigger.COMMAND).thenApply(NodeCommands::answer);
            case "drain" -> done(member == null ? operator.drain() : operator.drain(member));
            case "enable" -> done(member == null ? operator.enable() : operator.enable(member));
            case "weight" ->
                done(
                        member == null
                                ? Answer.refused("which member? write POOL/MEMBER and a weight")
                                : operator.weight(member, arguments.getOrDefault("weight", "")));
            default -> done(Answer.refused("there is no command \"" + name + "\""));
        };
    }

    private static CompletionStage<Answer> done(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    private static Answer answer(ReloadResult result) {
        return switch (result) {
            case ReloadResult.Applied applied -> Answer.done(applied.text());
            case ReloadResult.Unchanged unchanged -> Answer.done(unchanged.text());
            case ReloadResult.Invalid invalid -> new Answer(Result.INVALID, invalid.text());
            case ReloadResult.Refused refused -> Answer.refused(refused.text());
            case ReloadResult.Failed failed -> Answer.refused(failed.text());
        };
    }
}
