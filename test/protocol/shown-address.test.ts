import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  passwordHint,
  shownAddress,
  shownEndpoint,
  shownWord,
  withoutSecrets,
} from "../../protocol/shown-address.ts";

test("an address is shown by its scheme, host and port alone", () => {
  const cases: [string, string][] = [
    ["http://radio.local:8000/street", "http://radio.local:8000/…"],
    ["http://radio.local:8000", "http://radio.local:8000"],
    ["https://radio.local/", "https://radio.local/"],
    ["rtsp://admin:geheim@camera.local/live", "rtsp://camera.local/…"],
    ["rtsp://admin@camera.local", "rtsp://camera.local"],
    ["rtsp://admin:ge:he@im@camera.local/live", "rtsp://camera.local/…"],
    ["http://camera.local?pwd=geheim", "http://camera.local/…"],
    ["http://camera.local#geheim", "http://camera.local/…"],
    ["rtmp://live.example/app/geheim", "rtmp://live.example/…"],
    ["https://api.example/bot12345:geheim/sendMessage", "https://api.example/…"],
    ["HTTP://[2001:db8::1]:8080/geheim", "HTTP://[2001:db8::1]:8080/…"],
    ["mqtt://broker.local:1883", "mqtt://broker.local:1883"],
    ["  http://host/geheim", "http://host/…"],
    ["http://höf.example/geheim", "http://höf.example/…"],
  ];
  for (const [address, expected] of cases) assert.is(shownAddress(address), expected);
});

test("an endpoint keeps its path, and nothing else that may be a secret", () => {
  assert.is(shownEndpoint("ws://localhost:8080/explain/my-pack"), "ws://localhost:8080/explain/my-pack");
  assert.is(shownEndpoint("wss://u:geheim@host/explain"), "wss://host/…");
  assert.is(shownEndpoint("wss://host/explain?token=geheim"), "wss://host/…");
});

test("what cannot be read as one shows no more than its scheme", () => {
  const secret = /geheim|admin|camera/;
  for (const text of [
    "rtsp://admin:ge#geheim@camera.local/live",
    "rtsp://admin:12/geheim@camera.local/live",
    "rtsp://admin:12?geheim@camera.local/live",
    "rtsp://admin:12\\geheim@camera.local/live",
    "rtsp://admin:geheim 2@/camera.local",
    "rtsp://admin:geheim",
    "rtsp://geheim geheim/x",
    "rtsp://geheim\ngeheim/x",
    "http://host/hook?to=geheim@admin",
    "admin:geheim@camera.local",
    "camera.local/geheim?pwd=admin",
    "rtsp:/admin:geheim@camera.local",
    "geheim",
    "",
  ]) {
    assert.not.match(shownAddress(text), secret, text);
    assert.match(shownAddress(text), /…$/, text);
  }
  assert.match(passwordHint("rtsp://admin:ge#heim@camera.local"), /%23/);
  assert.is(passwordHint("ftp://camera.local"), "");
});

test("words that were meant as addresses are known from paths", () => {
  for (const text of ["rtsp:/a:b@geheim", "a:b@geheim", "host/x?pwd=geheim", "my/cam=rtsp://a:geheim@b"]) {
    assert.is(shownWord(text), "…");
  }
  assert.is(shownWord("--webhok=https://host/geheim"), "--webhok=https://host/…");
  assert.is(shownWord("front yard=rtsp://a:geheim@b/x"), "front yard=rtsp://b/…");
  for (const text of [
    "night.wav",
    "a/b@c.wav",
    "C:\\sounds\\a.wav",
    "a=b.wav",
    "-",
    "night?.wav",
    "yard=-",
  ]) {
    assert.is(shownWord(text), text);
  }
});

test("nothing of an address stays in what others say of it", () => {
  const address = "rtsp://admin:ge%20he/im@camera.local:554/live/k3y?pwd=s3cret&user=guest";
  const said = [
    `[rtsp @ 0x55] ${address}: Connection refused`,
    "method DESCRIBE failed: 401; tried admin with ge%20he/im, or ge he/im",
    "Failed to resolve hostname admin, tcp://admin:ge%20he?timeout=3",
    "no such path: /live/k3y?pwd=s3cret&user=guest",
    "k3y not found, s3cret is wrong for guest",
    `Error opening input "${address}".`,
    "redirect to https://admin:other@elsewhere.example/t0ken.",
  ].join("\n");
  const shown = withoutSecrets(said, [address]);
  assert.not.match(shown, /admin|ge%20he|he.?im|k3y|s3cret|guest|other|t0ken/);
  assert.match(shown, /Connection refused/);
  assert.match(shown, /401; tried … with …/);
  assert.match(shown, /https:\/\/elsewhere\.example\/…\./);
});

test("what is no secret stays", () => {
  const address = "http://live.radio.local:8000/live";
  assert.is(
    withoutSecrets(`${address}: Server returned 404; delivery of 3 events`, [address]),
    "http://live.radio.local:8000/…: Server returned 404; delivery of 3 events",
  );
  assert.is(withoutSecrets("nothing at all"), "nothing at all");
  assert.is(
    withoutSecrets("connect ECONNREFUSED 127.0.0.1:1883", ["mqtt://u:secret@127.0.0.1:1883"]),
    "connect ECONNREFUSED 127.0.0.1:1883",
  );
});

test.run();
