import { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type AccessWishes, accessOptions, addServeAccessOptions } from "../../cli/access-options.ts";

function parsed(...words: string[]) {
  const command = addServeAccessOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr() {} });
  return accessOptions(command.parse(words, { from: "user" }).opts<AccessWishes>());
}

test("without options nothing is asked of anybody and no proxy is believed", () => {
  const options = parsed();
  assert.equal(options.allowedOrigins, []);
  assert.equal(options.publicHosts, []);
  for (const name of ["tokenFile", "tls", "behindProxies", "addressLimits", "metricsPublic"] as const) {
    assert.is(options[name], undefined, name);
  }
});

test("options reach the server", () => {
  const options = parsed(
    ...["--behind-proxy", "--public-host", "a.example", "b.example", "--token-file", "tokens"],
    ...["--tls-cert", "c.pem", "--tls-key", "k.pem", "--max-per-address", "4", "--metrics-public"],
  );
  assert.is(options.behindProxies, 1);
  assert.equal(options.publicHosts, ["a.example", "b.example"]);
  assert.is(options.tokenFile, "tokens");
  assert.equal(options.tls, { cert: "c.pem", key: "k.pem" });
  assert.equal(options.addressLimits, { sessions: 4 });
  assert.is(options.metricsPublic, true);
  assert.is(parsed("--behind-proxy", "2").behindProxies, 2);
});

test("what makes no sense is refused with a way out", () => {
  assert.throws(() => parsed("--tls-cert", "c.pem"), "go together");
  assert.throws(() => parsed("--tls-key", "k.pem"), "go together");
  for (const count of ["0", "-1", "nine", "9", "1.5"]) {
    assert.throws(() => parsed(`--behind-proxy=${count}`), "not a number of proxies");
  }
});

test.run();
