// Requests that wait behind another one when their connection goes: Node says nothing of their end, and all of them end.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { onceEnded } from "../../../server/http/answer-end.ts";
import { LEAST_DOWNLOAD, SlowTransfers, watchDownload } from "../../../server/http/slow-transfers.ts";
import { until } from "../../until.ts";

test("requests behind one that is not answered end with their connection, each once", async () => {
  const downloads = new SlowTransfers(LEAST_DOWNLOAD, () => 0);
  const responses: ServerResponse[] = [];
  let ended = 0;
  const server = createServer((_request, response) => {
    responses.push(response);
    watchDownload(downloads, response, () => {});
    onceEnded(response, () => ended++);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20));
    await until("all requests", () => responses.length === 20);
    responses[0].end("the first is answered");
    await until("the first end", () => ended === 1);
    assert.is(downloads.size, 19);
    client.destroy();
    await until("the others' ends", () => ended === 20);
    assert.is(downloads.size, 0);
  } finally {
    server.close();
  }
});

test.run();
