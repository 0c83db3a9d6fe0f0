package io.hawser.vrrp;

import io.hawser.vrrp.election.Fitness;
import java.util.List;

/** A speaker in a process of its own, to be killed or frozen: {@code DIALECT LAST-BYTE PRIORITY PEER-LAST-BYTE}. */
final class SpeakerProcess {

    private SpeakerProcess() {}

    public static void main(String[] args) throws InterruptedException {
        RouterSpec spec = Dialect.valueOf(args[0])
                .spec(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        VrrpListener listener = new VrrpListener() {
            @Override
            public void moved(Transition transition) {
                System.out.println(transition);
            }

            @Override
            public void alarmed(Alarm alarm) {
                System.out.println(alarm);
            }
        };
        VrrpSpeaker speaker = VrrpSpeaker.start(List.of(spec), Fitness.FIT, "tested", listener);
        Runtime.getRuntime().addShutdownHook(new Thread(speaker::close));
        Thread.sleep(Long.MAX_VALUE);
    }
}
