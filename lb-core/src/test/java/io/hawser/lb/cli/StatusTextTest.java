package io.hawser.lb.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.Samples;
import org.junit.jupiter.api.Test;

class StatusTextTest {
    private static final Terminal PLAIN = new Terminal(false, Terminal.ENDLESS);

    @Test
    void aGoodDayFitsElevenLines() {
        assertEquals("""
                lb1: can serve, 12 connections, hawser 0.1.0, up 2 h 13 min
                ADDRESS     ROUTER  HELD BY  THIS NODE  FOR         BECAUSE
                10.77.0.10  api     lb1      active     2 h 12 min  no advertisement for 378 ms
                NODE  ADDRESS      CAN SERVE  SAYS OF ITSELF
                lb1   (this node)  yes        api active, priority 200
                lb2   10.77.0.12   yes        api backup, priority 190
                MEMBER      ADDRESS          HEALTH  FOR        CONNECTIONS  SHARE  CHECK   BECAUSE
                masters/m1  10.77.0.21:6443  up      1 min 5 s  4            33 %   2.1 ms  answered 200
                masters/m2  10.77.0.22:6443  up      1 min 5 s  4            33 %   2.1 ms  answered 200
                masters/m3  10.77.0.23:6443  up      1 min 5 s  4            33 %   2.1 ms  answered 200
                nothing is wrong
                """, StatusText.of(Samples.good(), PLAIN));
    }

    @Test
    void aBadDayListsWhatIsWrong() {
        assertEquals("""
                lb1: cannot serve, 0 connections, hawser 0.1.0, up 1 min 10 s
                ADDRESS     ROUTER  HELD BY       THIS NODE  FOR  BECAUSE
                10.77.0.10  api     nobody known  backup     5 s  resigned, as it cannot serve
                NODE  ADDRESS      CAN SERVE  SAYS OF ITSELF
                lb1   (this node)  no         api backup, priority 200
                lb2   10.77.0.12   no answer  connection refused
                MEMBER      ADDRESS          HEALTH  FOR        CONNECTIONS  SHARE  CHECK  BECAUSE
                masters/m1  10.77.0.21:6443  down    1 min 5 s  0            0 %    -      connect to 10.77.0.21:6443 refused
                wrong:
                  this node cannot serve: pool masters has no member that is up
                  nobody is known to hold the addresses of router api
                  address 10.77.0.10 is on this node, but router api is backup
                  listener kube-api is not bound to 10.77.0.10:6443
                  listener kube-api has paused accepting at 0 connections
                  pool masters has no member that is up
                  member masters/m1 is down for 1 min 5 s: connect to 10.77.0.21:6443 refused
                  node lb2 does not answer: connection refused
                  certificate api.pem expires in 3 d
                """, StatusText.of(Samples.bad(), PLAIN));
    }

    @Test
    void tablesFitTheTerminal() {
        for (int width : new int[] {60, 80, 100}) {
            String text = StatusText.of(Samples.bad(), new Terminal(false, width));
            String tables = text.substring(0, text.indexOf("wrong:"));
            assertTrue(tables.lines().skip(1).allMatch(line -> line.length() <= width), tables);
            assertTrue(tables.contains("masters/m1"), "names are cut last\n" + tables);
        }
    }

    @Test
    void coloursAreUsedOnlyWhereTheyMayBeAndChangeNoLetter() {
        String coloured = StatusText.of(Samples.bad(), new Terminal(true, 100));
        assertTrue(coloured.contains("\u001b[31mdown\u001b[0m"), coloured);
        assertEquals(
                StatusText.of(Samples.bad(), new Terminal(false, 100)), coloured.replaceAll("\u001b\\[[0-9]+m", ""));
    }

    @Test
    void foreignTextCannotSteerTheTerminal() {
        assertEquals("?[31mred??", Terminal.harmless("\u001b[31mred\u009b\u202e"));
        var table = new Table(PLAIN, "A");
        table.row(Table.cell("x\u001b]0;title\u0007"));
        var text = new StringBuilder();
        table.appendTo(text);
        assertFalse(text.toString().contains("\u001b"));
    }

    @Test
    void colourIsOffWithoutATerminalWhateverTheEnvironmentSays() {
        // The test's standard output is a pipe.
        assertEquals(PLAIN, Terminal.ofProcess(java.util.Map.of("TERM", "xterm", "COLUMNS", "100")));
    }
}
