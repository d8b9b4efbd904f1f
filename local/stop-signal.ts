/** npm hands a terminal's Ctrl-C on to a process that has had it already: that is one, not two. */
const sameSignalMs = 300;
const parentCheckMs = 500;

/**
 * Resolves when the run is to stop: at the first SIGINT or SIGTERM, or when the npm that has started
 * it is gone, killed with no chance to hand a signal on. A second signal ends the process at once.
 */
export const stopSignal = (): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    firstAtMs ??= performance.now();
    if (performance.now() - firstAtMs > sameSignalMs) process.exit(1);
    resolve();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  if (process.env["npm_lifecycle_event"] !== undefined) watchParent(resolve);
  return promise;
};

/** A process whose parent ends gets another one. */
const watchParent = (onGone: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentCheckMs);
  timer.unref();
};
