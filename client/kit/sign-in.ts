/** Access tokens on pages whose sounds, images and event streams, which can send no header, need one too. */
import { ACCESS_PATH } from "../../protocol/pages.ts";
import { tokenOf } from "./parameters.ts";

/**
 * Shows the token behind `#token=` to the server, which gives a cookie for it, and takes it out of the address. Without
 * one nothing is done. A token that is not taken stays in the address; what is asked for then says that one is missing.
 *
 * @throws TypeError when the server cannot be reached.
 */
export async function signIn(): Promise<void> {
  const token = tokenOf(location.hash);
  if (token === undefined) return;
  const headers = { Authorization: `Bearer ${token}` };
  const { ok } = await fetch(ACCESS_PATH, { method: "POST", headers });
  if (ok) history.replaceState(null, "", location.pathname + location.search);
}
