import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const probe = fileURLToPath(new URL("start-probe.mjs", import.meta.url));
const startTimeoutMs = 30_000;

/**
 * Milliseconds from the start of a fresh process until the bundle's handler can be called. Its
 * environment is the given one alone: what works here must not come from this machine.
 */
export const measureStart = async (
  bundlePath: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> => {
  const options = { env: environment, signal, timeout: startTimeoutMs };
  const { stdout } = await promisify(execFile)(process.execPath, [probe, bundlePath], options);
  const readyMs = Number.parseFloat(stdout);
  if (!(readyMs > 0)) throw new Error(`${bundlePath} did not become ready: ${stdout}`);
  return readyMs;
};
