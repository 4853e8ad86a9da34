/**
 * Whether the visitor agreed that Automatic measures this page's server and may let it explain. Kept on the device, for that
 * server alone: pages of several may lie at one origin. An address that asks for Automatic is nobody's agreement.
 */
import { recall, remember } from "../kit/remembered.ts";

const server = () => new URL("./", document.baseURI).href;

export function agreedToAutomatic(): boolean {
  return recall("automatic", [server()]) !== undefined;
}

export function agreeToAutomatic(): void {
  remember("automatic", server());
}

export function takeBackAutomatic(): void {
  remember("automatic", undefined);
}
