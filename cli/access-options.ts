/** The options of `serve`, `monitor` and `study serve` about who may reach them, by what way, and how much. */
import { type Command, InvalidArgumentError } from "commander";
import type { AccessOptions } from "../server/http/index.ts";
import { UsageError } from "./errors.ts";
import { positiveInteger, repeated } from "./options.ts";

export interface PortWishes {
  port: number;
  host: string;
}

export interface AccessWishes {
  allowOrigin: string[];
  publicHost: string[];
  allowHost: string[];
  tokenFile?: string;
  tlsCert?: string;
  tlsKey?: string;
  behindProxy?: true | number;
  metricsTokenFile?: string;
  metricsPublic?: boolean;
  maxPerAddress?: number;
}

const MOST_PROXIES = 8;

/** @param port the usual one; undefined where nothing is served until one is named. */
export function addPortOptions(command: Command, port?: number): Command {
  const what = port === undefined ? "serve the pages on this port" : "port to listen on";
  return command
    .option("--port <number>", `${what}; 0 takes any free one`, portNumber, port)
    .option("--host <address>", "address to listen on; 0.0.0.0 lets other machines in", "127.0.0.1");
}

export function addAccessOptions(command: Command): Command {
  return command
    .option("--allow-origin <origins...>", "pages from elsewhere that may connect; * is every page", [])
    .option("--public-host <names...>", "names by which the server is reached; others are turned away", [])
    .option("--allow-host <name>", "the same for one name; can be given again", repeated, [])
    .option("--token-file <file>", "clients must show one of this file's tokens (one a line)")
    .option("--tls-cert <file>", "speak TLS: certificate with its chain, PEM")
    .option("--tls-key <file>", "speak TLS: the certificate's private key, PEM")
    .option(
      "--behind-proxy [proxies]",
      "so many proxies in front (1) name each client in X-Forwarded-For; whom they don't name is not this machine",
      proxyCount,
    );
}

/** With those that only `serve` has. */
export function addServeAccessOptions(command: Command): Command {
  return addAccessOptions(command)
    .option("--max-per-address <sessions>", "sessions of one address at the same time", positiveInteger)
    .option("--metrics-token-file <file>", "who shows one of its tokens may read /metrics")
    .option("--metrics-public", "everybody may read /metrics (else this machine alone)");
}

/** @throws UsageError for options that do not go together. */
export function accessOptions(options: AccessWishes): AccessOptions {
  const { tlsCert: cert, tlsKey: key, behindProxy, maxPerAddress } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together: give both, or neither");
  }
  return {
    allowedOrigins: options.allowOrigin,
    publicHosts: [...options.publicHost, ...options.allowHost],
    tokenFile: options.tokenFile,
    tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    behindProxies: behindProxy === true ? 1 : behindProxy,
    addressLimits: maxPerAddress === undefined ? undefined : { sessions: maxPerAddress },
    metricsTokenFile: options.metricsTokenFile,
    metricsPublic: options.metricsPublic,
  };
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) {
    throw new InvalidArgumentError(`"${text}" is not a port: a whole number from 0 to 65535.`);
  }
  return value;
}

function proxyCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > MOST_PROXIES) {
    throw new InvalidArgumentError(`"${text}" is not a number of proxies from 1 to ${MOST_PROXIES}.`);
  }
  return value;
}
