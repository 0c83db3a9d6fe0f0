package io.hawser.sysctl.linux;

import java.lang.ref.Reference;
import java.util.Arrays;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/**
 * OpenSSL's libcrypto as the system has it, for what it does faster than the TLS library: RSA signatures. Any thread.
 */
public final class Libcrypto {
    /** The file name of the library, version 3. */
    public static final String NAME = "libcrypto.so.3";

    private static final long NO_ATEXIT = 0x00080000;
    private static final int RSA_PKCS1_PSS_PADDING = 6;
    private static final int SALT_AS_LONG_AS_DIGEST = -1;

    // Public because jnr implements it in a class loader of its own.
    // Addresses are plain longs, as in Libc.
    /** What is called of it; for jnr only. */
    public interface Native {
        int OPENSSL_init_crypto(long options, long settings);

        long BIO_new_mem_buf(long address, int length);

        int BIO_free(long bio);

        long PEM_read_bio_PrivateKey(long bio, long key, long callback, long argument);

        int EVP_PKEY_get_size(long key);

        void EVP_PKEY_free(long key);

        long EVP_sha256();

        long EVP_sha384();

        long EVP_sha512();

        long EVP_MD_CTX_new();

        void EVP_MD_CTX_free(long context);

        int EVP_DigestSignInit(long context, @Out long[] keyContext, long digest, long engine, long key);

        int EVP_PKEY_CTX_set_rsa_padding(long keyContext, int padding);

        int EVP_PKEY_CTX_set_rsa_pss_saltlen(long keyContext, int length);

        int EVP_DigestSign(
                long context, @Out byte[] signature, @In @Out long[] length, @In byte[] message, long messageLength);

        void ERR_clear_error();
    }

    /** The digests that signatures are made with. */
    public enum Digest {
        SHA256,
        SHA384,
        SHA512
    }

    private final Native library;

    private Libcrypto(Native library) {
        this.library = library;
    }

    /**
     * Loads it.
     *
     * @param name of its file, {@link #NAME}
     * @throws LinuxException when the system has none, or one that cannot be called
     */
    public static Libcrypto load(String name) {
        try {
            Native library =
                    LibraryLoader.create(Native.class).failImmediately().load(name);
            // Its own tidying at exit would pull the ground from under threads that still sign.
            if (library.OPENSSL_init_crypto(NO_ATEXIT, 0) != 1) {
                throw new LinuxException("OPENSSL_init_crypto of " + name + " failed");
            }
            return new Libcrypto(library);
        } catch (LinkageError e) {
            throw new LinuxException("cannot load " + name + ": " + e.getMessage());
        }
    }

    /**
     * Takes a key over into the library.
     *
     * @param pem a private key without a password, with anything else next to it; the caller wipes it
     * @throws LinuxException when there is none that it can read
     */
    public Key key(byte[] pem) {
        NativeBuffer copy = new NativeBuffer(pem.length + 1);
        copy.bytes().put(0, pem);
        // The password is the empty string behind the key: without one the library would ask the terminal.
        long bio = library.BIO_new_mem_buf(copy.address(), pem.length);
        try {
            long key = bio == 0 ? 0 : library.PEM_read_bio_PrivateKey(bio, 0, 0, copy.address() + pem.length);
            if (key == 0) {
                throw failed("PEM_read_bio_PrivateKey");
            }
            return new NativeKey(key);
        } finally {
            if (bio != 0) {
                library.BIO_free(bio);
            }
            copy.bytes().put(0, new byte[pem.length]);
            Reference.reachabilityFence(copy);
        }
    }

    // What the library says may be about the key: it is not passed on.
    private LinuxException failed(String call) {
        library.ERR_clear_error();
        return new LinuxException(call + " of libcrypto failed");
    }

    /** An RSA key. Any number of threads may sign at once; none may any more once it is freed. */
    public interface Key {
        /**
         * Signs a message.
         *
         * @param pss whether by RSASSA-PSS with a salt as long as the digest, or else by PKCS #1 version 1.5
         * @throws LinuxException when the library refuses
         */
        byte[] sign(byte[] message, Digest digest, boolean pss);

        /** Frees it, once. */
        void free();
    }

    private final class NativeKey implements Key {
        private final long address;

        private NativeKey(long address) {
            this.address = address;
        }

        @Override
        public byte[] sign(byte[] message, Digest digest, boolean pss) {
            long context = library.EVP_MD_CTX_new();
            if (context == 0) {
                throw failed("EVP_MD_CTX_new");
            }
            try {
                // Belongs to the context.
                long[] keyContext = new long[1];
                if (library.EVP_DigestSignInit(context, keyContext, addressOf(digest), 0, address) != 1) {
                    throw failed("EVP_DigestSignInit");
                }
                if (pss
                        && (library.EVP_PKEY_CTX_set_rsa_padding(keyContext[0], RSA_PKCS1_PSS_PADDING) != 1
                                || library.EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext[0], SALT_AS_LONG_AS_DIGEST)
                                        != 1)) {
                    throw failed("EVP_PKEY_CTX_set_rsa_padding");
                }
                byte[] signature = new byte[library.EVP_PKEY_get_size(address)];
                long[] length = {signature.length};
                if (library.EVP_DigestSign(context, signature, length, message, message.length) != 1) {
                    throw failed("EVP_DigestSign");
                }
                return Arrays.copyOf(signature, (int) length[0]);
            } finally {
                library.EVP_MD_CTX_free(context);
            }
        }

        private long addressOf(Digest digest) {
            return switch (digest) {
                case SHA256 -> library.EVP_sha256();
                case SHA384 -> library.EVP_sha384();
                case SHA512 -> library.EVP_sha512();
            };
        }

        @Override
        public void free() {
            library.EVP_PKEY_free(address);
        }
    }
}
