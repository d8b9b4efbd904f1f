/**
 * Puts the AWS SDK on virtual time. The core takes time and chance from what it is given; the SDK waits
 * between its attempts by the global `setTimeout`, for a share that `Math.random` draws. Within an
 * environment both are that environment's own.
 */
import { currentEnvironment } from "../cloud/environment.ts";

/** Replaces the globals of this thread until the returned function is called. */
export const enterVirtualTime = (): (() => void) => {
  const { setTimeout, clearTimeout } = globalThis;
  const { random } = Math;
  const { stackTraceLimit } = Error;

  const setVirtualTimeout = (callback: () => void, delayMs = 0): unknown => {
    const environment = currentEnvironment();
    if (environment === undefined) return setTimeout(callback, delayMs);
    const timer = environment.setTimer(delayMs, callback);
    return Object.assign(timer, { unref: () => timer, ref: () => timer });
  };
  const clearVirtualTimeout = (timer: unknown): void => {
    if (isVirtual(timer)) timer.cancel();
    else clearTimeout(timer as NodeJS.Timeout);
  };

  globalThis.setTimeout = setVirtualTimeout as typeof setTimeout;
  globalThis.clearTimeout = clearVirtualTimeout;
  // The SDK makes an error for each request, and most of its time goes into the stack.
  Error.stackTraceLimit = stackFrames;
  Math.random = () => currentEnvironment()?.random.next() ?? random();
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Math.random = random;
    Error.stackTraceLimit = stackTraceLimit;
  };
};

const stackFrames = 1;

function isVirtual(timer: unknown): timer is { cancel(): void } {
  return typeof timer === "object" && timer !== null && "cancel" in timer;
}
