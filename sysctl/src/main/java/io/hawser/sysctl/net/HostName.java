package io.hawser.sysctl.net;

/** A host name in the one form in which names are compared and shown. Stateless. */
public final class HostName {

    private HostName() {}

    /**
     * In lower case and without the dot that may end an absolute name. Letters of ASCII only: the rest of Unicode has
     * letters whose lower case is one of those, and they are other names.
     */
    public static String canonical(String name) {
        int kept = name.length() > 1 && name.endsWith(".") ? name.length() - 1 : name.length();
        StringBuilder text = new StringBuilder(kept);
        for (int i = 0; i < kept; i++) {
            char c = name.charAt(i);
            text.append(c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c);
        }
        return text.toString();
    }
}
