/**
 * Takes the place of `@aws/lambda-invoke-store` in the bundles (lib/bundled-function.ts), from which the SDK gets
 * the trace of the invocation. The runtime has the store where a process serves several invocations at once; where
 * it serves one, the SDK reads the trace from the environment.
 */
export const InvokeStore = {
  getInstanceAsync: async (): Promise<unknown> =>
    (globalThis as { awslambda?: { InvokeStore?: unknown } }).awslambda?.InvokeStore,
};
