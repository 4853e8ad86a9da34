import { test } from "uvu";
import * as assert from "uvu/assert";
import { hostOf, mayOpen, parseFollowTo } from "../../monitor/inputs/followed-hosts.ts";

const leads = (address: string, to: string, ...also: string[]) => {
  const { host, port } = hostOf(to)!;
  return mayOpen(address, also.map(parseFollowTo))(host, port);
};

test("an address leads to its own host and port, however they are written", () => {
  for (const [address, to] of [
    ["http://radio.example/live", "http://RADIO.example/other?x=1"],
    ["http://radio.example:8000/", "http://me:secret@radio.example:8000/"],
    ["http://radio.example/", "https://radio.example/"],
    ["http://127.0.0.1:8000/", "http://0x7f.1:8000/"],
    ["http://[::1]:8000/", "http://[0:0::1]:8000/"],
    ["rtsp://camera/live", "rtsp://camera:554/other"],
  ]) {
    assert.ok(leads(address, to), `${address} to ${to}`);
  }
});

test("another host, another port of the same one, and back from https lead nowhere", () => {
  for (const [address, to] of [
    ["http://radio.example/", "http://192.168.1.1/"],
    ["http://radio.example/", "http://radio.example:8080/"],
    ["http://radio.example:8000/", "https://radio.example/"],
    ["https://radio.example/", "http://radio.example/"],
    ["http://radio.example/", "http://radio.example.evil.example/"],
    ["http://radio.example/", "http://a.radio.example/"],
    ["http://127.0.0.1/", "http://localhost/"],
    ["rtsp://camera/live", "rtsp://camera:8554/live"],
  ]) {
    assert.not(leads(address, to), `${address} to ${to}`);
  }
});

test("the operator may name further ones", () => {
  const radio = "http://radio.example/";
  assert.ok(leads(radio, "http://cdn.example:81/", "cdn.example"));
  assert.ok(leads(radio, "http://cdn.example:81/", "cdn.example:81"));
  assert.not(leads(radio, "http://cdn.example/", "cdn.example:81"));
  assert.ok(leads(radio, "http://a.b.cdn.example/", "*.CDN.example"));
  assert.not(leads(radio, "http://cdn.example/", "*.cdn.example"));
  assert.not(leads(radio, "http://evilcdn.example/", "*.cdn.example"));
  assert.ok(leads(radio, "http://[::1]:81/", "[::1]:81"));
  assert.ok(leads(radio, "http://192.168.1.1/", "*"));
  for (const odd of ["", "http://cdn.example", "cdn.example/path", "a b", "*.", "host:port"]) {
    assert.throws(() => parseFollowTo(odd), /HOST, HOST:PORT/);
  }
});

test.run();
