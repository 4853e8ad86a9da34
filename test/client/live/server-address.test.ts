import { test } from "uvu";
import * as assert from "uvu/assert";
import { engineAddress, serverFolder } from "../../../client/live/server-address.ts";

test("a server's engine lies in the folder of its page, wherever that is", () => {
  for (const [page, base, engine] of [
    ["./", "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/explain"],
    ["./", "https://host/listenable/", "wss://host/listenable/explain"],
    ["./", "https://host/listenable/compat.html?engine=remote#token=x", "wss://host/listenable/explain"],
    ["./", "https://host/a/b/kiosk?name=lobby", "wss://host/a/b/explain"],
    ["https://other/", "https://host/page", "wss://other/explain"],
    ["https://other/listenable", "https://host/page", "wss://other/listenable/explain"],
    ["https://other/v1.2/", "https://host/page", "wss://other/v1.2/explain"],
    ["https://other/listenable/index.html?x=1", "https://host/", "wss://other/listenable/explain"],
    ["../listenable/", "http://host:81/mine/page.html", "ws://host:81/listenable/explain"],
  ]) {
    assert.is(engineAddress(serverFolder(page, base)), engine, `${page} on ${base}`);
  }
});

test.run();
