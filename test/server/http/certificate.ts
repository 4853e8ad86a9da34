/** Certificates made by openssl; tests that need one are skipped without it. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { TlsFiles } from "../../../server/http/tls.ts";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

export function makeCertificate(folder: string, name: string): TlsFiles {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`;
  execFileSync("openssl", [...words.split(" "), "-keyout", files.key, "-out", files.cert], {
    stdio: "ignore",
  });
  return files;
}
