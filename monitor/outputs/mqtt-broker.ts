/** What is known of an MQTT broker before anything connects to it. */
import { passwordHint, shownAddress } from "../../protocol/shown-address.ts";

export const MQTT_TARGET = "mqtt";

/** @throws Error when the address is not one of a broker. */
export function checkBroker(url: string): void {
  if (/^mqtts?:\/\/[^/]/.test(url) && URL.canParse(url)) return;
  throw new Error(
    `an MQTT broker is mqtt://host:1883 or mqtts://host:8883, not ${shownAddress(url)}${passwordHint(url)}`,
  );
}
