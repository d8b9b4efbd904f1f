/** npm hands a terminal's Ctrl-C on to a process that has had it already: that is one, not two. */
const sameSignalMs = 300;

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
export const stopSignal = (): Promise<NodeJS.Signals> => {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let firstAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    firstAtMs ??= performance.now();
    if (performance.now() - firstAtMs > sameSignalMs) process.exit(1);
    resolve(signal);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return promise;
};
