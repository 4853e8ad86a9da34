/** The options of `serve` about who may reach it, by what way, and how much: one table for the command and its help. */
import { type Command, InvalidArgumentError } from "commander";
import type { GuardOptions } from "../server/http/guard.ts";
import { UsageError } from "./errors.ts";
import { positiveInteger } from "./options.ts";

export interface AccessOptions {
  allowOrigin: string[];
  publicHost: string[];
  tokenFile?: string;
  tlsCert?: string;
  tlsKey?: string;
  behindProxy?: true | number;
  maxPerAddress?: number;
  metricsTokenFile?: string;
  metricsPublic?: boolean;
}

const MOST_PROXIES = 8;

export function addAccessOptions(command: Command): Command {
  return command
    .option("--allow-origin <origins...>", "pages from elsewhere that may connect; * is every page", [])
    .option("--public-host <names...>", "names by which the server is reached; others are turned away", [])
    .option("--token-file <file>", "each connection must show one of this file's tokens (one a line)")
    .option("--tls-cert <file>", "speak TLS: certificate with its chain, PEM")
    .option("--tls-key <file>", "speak TLS: the certificate's private key, PEM")
    .option(
      "--behind-proxy [proxies]",
      "believe X-Forwarded-For and -Proto of so many proxies in front (1)",
      proxyCount,
    )
    .option("--max-per-address <sessions>", "sessions of one address at the same time", positiveInteger)
    .option("--metrics-token-file <file>", "who shows one of its tokens may read /metrics")
    .option("--metrics-public", "everybody may read /metrics (else this machine alone)");
}

/** @throws UsageError for options that do not go together. */
export function guardOptions(options: AccessOptions): GuardOptions {
  const { tlsCert: cert, tlsKey: key, behindProxy, maxPerAddress } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together: give both, or neither");
  }
  return {
    allowedOrigins: options.allowOrigin,
    publicHosts: options.publicHost,
    tokenFile: options.tokenFile,
    tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    behindProxies: behindProxy === true ? 1 : behindProxy,
    addressLimits: maxPerAddress === undefined ? undefined : { sessions: maxPerAddress },
    metricsTokenFile: options.metricsTokenFile,
    metricsPublic: options.metricsPublic,
  };
}

function proxyCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > MOST_PROXIES) {
    throw new InvalidArgumentError(`"${text}" is not a number of proxies from 1 to ${MOST_PROXIES}.`);
  }
  return value;
}
