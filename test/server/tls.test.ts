// TLS with files of one's own. The certificates are made by openssl; without it these tests are skipped.
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlainly } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { NO_BACKEND } from "../../server/explain/no-backend.ts";
import { readTlsFiles, watchTlsFiles } from "../../server/http/tls.ts";
import { type RunningServer, startServer } from "../../server/start-server.ts";
import { hasOpenssl, makeCertificate } from "./http/certificate.ts";

const PACK = "test/fixtures/tiny-pack";
const tlsTest = hasOpenssl ? test : test.skip;
const work = mkdtempSync(join(tmpdir(), "listenable-tls-"));
test.after(() => rmSync(work, { recursive: true }));

function certificateOf({ port }: RunningServer): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

tlsTest("page and endpoint are reached by TLS 1.2 and later, and only by it", async () => {
  const tls = makeCertificate(work, "first");
  const server = await startServer({ pack: PACK, port: 0, backend: NO_BACKEND, tls });
  try {
    assert.match(server.url, /^https:/);
    assert.match(server.explainUrl, /^wss:.*\/explain$/);
    const status = await new Promise((resolve, reject) => {
      request(`${server.url}packs/index.json`, { rejectUnauthorized: false }, (response) => {
        resolve(response.statusCode);
        response.resume();
      })
        .on("error", reject)
        .end();
    });
    assert.is(status, 200);
    const opens = (origin: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(server.explainUrl, { rejectUnauthorized: false, origin });
        socket.on("open", () => {
          socket.close();
          resolve("open");
        });
        socket.on("error", (error) => resolve(error.message));
      });
    assert.is(await opens(server.url.slice(0, -1)), "open");
    assert.match(await opens(server.url.slice(0, -1).replace("https", "http")), "403");
    const plain = await fetch(server.url.replace("https", "http")).then(
      () => "answered",
      () => "refused",
    );
    assert.is(plain, "refused");
    const old = await new Promise((resolve) => {
      const options = {
        rejectUnauthorized: false,
        maxVersion: "TLSv1.1" as const,
        minVersion: "TLSv1" as const,
      };
      const socket = connect({ port: server.port, host: "127.0.0.1", ...options }, () =>
        resolve("connected"),
      );
      socket.on("error", () => resolve("refused"));
    });
    assert.is(old, "refused");
  } finally {
    await server.close();
  }
});

tlsTest("a renewed certificate is taken up without a restart, a broken one is not", async () => {
  const [first, second] = [makeCertificate(work, "before"), makeCertificate(work, "after")];
  const tls = { cert: join(work, "live.pem"), key: join(work, "live.key") };
  const put = (files: { cert: string; key: string }) => {
    copyFileSync(files.cert, tls.cert);
    copyFileSync(files.key, tls.key);
  };
  put(first);
  const server = await startServer({ pack: PACK, port: 0, backend: NO_BACKEND, tls });
  try {
    assert.is((await certificateOf(server)).subject.CN, "before");
    put(second);
    await server.reload();
    assert.is((await certificateOf(server)).subject.CN, "after");
    writeFileSync(tls.cert, "nonsense");
    await server.reload();
    assert.is((await certificateOf(server)).subject.CN, "after");
  } finally {
    await server.close();
  }
});

tlsTest("files that do not belong together are named", async () => {
  const [one, two] = [makeCertificate(work, "one"), makeCertificate(work, "two")];
  const message = await readTlsFiles({ cert: one.cert, key: two.key }).then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(message, one.cert);
  assert.match(message, two.key);
});

tlsTest("a changed file is noticed, and only a changed one", async () => {
  const files = makeCertificate(work, "watched");
  let changes = 0;
  let told: () => void = () => {};
  const change = new Promise<void>((resolve) => {
    told = resolve;
  });
  const end = watchTlsFiles(files, 5, () => {
    changes++;
    told();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.is(changes, 0);
  writeFileSync(files.cert, "another length");
  // The watch keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  await change;
  clearInterval(alive);
  end();
  assert.ok(changes >= 1);
});

tlsTest("a handshake that never ends is not waited for, however far it got", async () => {
  const tls = makeCertificate(work, "handshake");
  const patience = { headersMs: 100, requestMs: 200, checkMs: 20 };
  const server = await startServer({ pack: PACK, port: 0, backend: NO_BACKEND, tls, patience });
  try {
    // The beginning of a ClientHello of 512 bytes.
    for (const sent of ["", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x16\x03"]) {
      const socket = connectPlainly(server.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(Buffer.from(sent, "latin1"));
      await once(socket.resume(), "close");
    }
  } finally {
    await server.close();
  }
});

test.run();
