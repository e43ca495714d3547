/* The jose program (Debian package jose) says the same of our keys and tokens, and we of its. */
#include "help.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256 };

/* Each test runs in a folder of its own, which is emptied behind it. */
static char dir[] = "/tmp/gatehouse-jose-XXXXXX";
static const char *const files[] = { "private", "public", "token", "payload", "out" };

static int dir_setup(void **state)
{
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	return mem_setup(state);
}

static int dir_teardown(void **state)
{
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(files[i]);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	return mem_teardown(state);
}

static void put_file(const char *path, str s)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	assert_int_equal(fclose(f), 0);
}

static str get_file(struct arena *mem, const char *path)
{
	char *p = arena_alloc(mem, 16384);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t n = fread(p, 1, 16384, f);
	fclose(f);
	return str_trim((str){ p, n && p[n - 1] == '\n' ? n - 1 : n });
}

/* Runs jose with these arguments; true when it says yes. A jose that is not there fails the test. */
static bool jose(const char *const *args)
{
	posix_spawn_file_actions_t actions;
	union {
		const char *const *in;
		char *const *out;
	} argv = { .in = args };
	pid_t pid;
	int status;

	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0), 0);
	int e = posix_spawnp(&pid, "jose", &actions, NULL, argv.out, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (e != 0)
		fail_msg("the jose program does not run (%s); tools/deps.sh installs it", strerror(e));
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 127);
	return WEXITSTATUS(status) == 0;
}

#define JOSE(...) jose((const char *const[]){ "jose", __VA_ARGS__, NULL })

static void test_jose_takes_our_tokens_and_keys(void **state)
{
	struct arena *mem = *state;
	str claims = S("{\"iss\":\"https://auth.example\",\"sub\":\"\xc3\xa9\",\"n\":[1,2,3]}");

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct jwk k = fresh_key(algs[i], S("key 1"));
		str token, json;
		assert_int_equal(jwt_sign(mem, &k, S("at+jwt"), claims, &token), OK);
		assert_int_equal(jwk_write(mem, &k, false, &json), OK);
		put_file("token", token);
		put_file("public", json);
		assert_true(JOSE("jws", "ver", "-i", "token", "-k", "public", "-O", "payload"));
		assert_str(get_file(mem, "payload"), claims);
		/* and it really looked */
		char *p = arena_alloc(mem, token.n);
		memcpy(p, token.p, token.n);
		p[token.n - 20] = p[token.n - 20] == 'A' ? 'B' : 'A';
		put_file("token", (str){ p, token.n });
		assert_false(JOSE("jws", "ver", "-i", "token", "-k", "public"));
		pkey_unref(k.key);
	}
}

static void test_jose_signs_with_our_private_keys(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct jwk k = fresh_key(algs[i], S("k"));
		str json;
		assert_int_equal(jwk_write(mem, &k, true, &json), OK);
		put_file("private", json);
		put_file("payload", S("{\"x\":1}"));
		assert_true(JOSE("jws", "sig", "-I", "payload", "-k", "private", "-c", "-o", "token"));
		struct jws s;
		assert_int_equal(jws_parse(mem, get_file(mem, "token"), &s), OK);
		assert_true(pkey_verify(k.key, s.signed_part, s.signature));
		pkey_unref(k.key);
	}
}

static void test_we_take_the_tokens_and_keys_of_jose(void **state)
{
	struct arena *mem = *state;
	struct jwt_expect want = {
		.typ = S("at+jwt"), .issuer = S("https://auth.example"), .audience = S("a"), .now = 1000
	};

	for (size_t i = 0; i < COUNT(algs); i++) {
		str template = arena_printf(mem, "{\"alg\":\"%s\",\"kid\":\"k1\"}", alg_name(algs[i]));
		str header = arena_printf(mem,
		    "{\"protected\":{\"alg\":\"%s\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}}", alg_name(algs[i]));
		assert_true(JOSE("jwk", "gen", "-i", template.p, "-o", "private"));
		assert_true(JOSE("jwk", "pub", "-i", "private", "-o", "public"));
		put_file("payload", S("{\"iss\":\"https://auth.example\",\"aud\":[\"a\"],\"exp\":2000}"));
		assert_true(JOSE(
		    "jws", "sig", "-I", "payload", "-s", header.p, "-k", "private", "-c", "-o", "token"));

		struct jwk private, public;
		struct jwt t;
		assert_int_equal(jwk_read(mem, parsed(mem, get_file(mem, "private")), true, &private), OK);
		assert_int_equal(jwk_read(mem, parsed(mem, get_file(mem, "public")), false, &public), OK);
		assert_int_equal(
		    jwk_read(mem, parsed(mem, get_file(mem, "private")), false, &(struct jwk){ .key = NULL }),
		    ERR_KEY_BAD);
		assert_int_equal(pkey_alg(public.key), algs[i]);
		str token = get_file(mem, "token"), again;
		assert_int_equal(jwt_verify(mem, token, &(struct jwks){ &public, 1 }, &want, &t), OK);
		assert_int_equal(t.exp, 2000);
		/* its private key signs with us too */
		assert_int_equal(jwt_sign(mem, &private, S("at+jwt"), S("{}"), &again), OK);
		put_file("token", again);
		assert_true(JOSE("jws", "ver", "-i", "token", "-k", "public"));
		pkey_unref(private.key);
		pkey_unref(public.key);
	}
}

static void test_jose_counts_the_same_thumbprints(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct jwk k = fresh_key(algs[i], S("k"));
		str json, ours;
		assert_int_equal(jwk_write(mem, &k, false, &json), OK);
		assert_int_equal(jwk_thumbprint(mem, k.key, &ours), OK);
		put_file("public", json);
		assert_true(JOSE("jwk", "thp", "-i", "public", "-a", "S256", "-o", "out"));
		assert_str(get_file(mem, "out"), ours);
		pkey_unref(k.key);
	}
}

static void test_we_refuse_what_jose_signs_with_a_shared_secret(void **state)
{
	struct arena *mem = *state;
	struct jwk k = fresh_key(ALG_ES256, S("k1"));
	struct jwt_expect want = { .issuer = S("i"), .now = 1000 };
	struct jwt t;

	assert_true(JOSE("jwk", "gen", "-i", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", "-o", "private"));
	put_file("payload", S("{\"iss\":\"i\",\"exp\":2000}"));
	assert_true(JOSE("jws", "sig", "-I", "payload", "-s",
	    "{\"protected\":{\"alg\":\"HS256\",\"kid\":\"k1\"}}", "-k", "private", "-c", "-o", "token"));
	assert_int_equal(
	    jwk_read(mem, parsed(mem, get_file(mem, "private")), true, &(struct jwk){ .key = NULL }),
	    ERR_KEY_BAD);
	assert_int_equal(
	    jwt_verify(mem, get_file(mem, "token"), &(struct jwks){ &k, 1 }, &want, &t), ERR_TOKEN_SIGNATURE);
	pkey_unref(k.key);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, dir_setup, dir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DIR_TEST(test_jose_takes_our_tokens_and_keys),
		DIR_TEST(test_jose_signs_with_our_private_keys),
		DIR_TEST(test_we_take_the_tokens_and_keys_of_jose),
		DIR_TEST(test_jose_counts_the_same_thumbprints),
		DIR_TEST(test_we_refuse_what_jose_signs_with_a_shared_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
