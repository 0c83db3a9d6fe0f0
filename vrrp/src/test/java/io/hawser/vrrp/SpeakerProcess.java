package io.hawser.vrrp;

import java.util.Arrays;
import java.util.List;

/** A speaker in a process of its own, to be killed or frozen: {@code LAST-BYTE PRIORITY [PEER-LAST-BYTE ...]}. */
final class SpeakerProcess {

    private SpeakerProcess() {}

    public static void main(String[] args) throws InterruptedException {
        int[] numbers = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        int[] peers = Arrays.copyOfRange(numbers, 2, numbers.length);
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
        VrrpSpeaker speaker =
                VrrpSpeaker.start(List.of(Lab.spec(numbers[0], numbers[1], peers)), Fitness.FIT, "tested", listener);
        Runtime.getRuntime().addShutdownHook(new Thread(speaker::close));
        Thread.sleep(Long.MAX_VALUE);
    }
}
