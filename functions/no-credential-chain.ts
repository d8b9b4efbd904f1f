/**
 * Takes the place of the SDK's default credential chain in the bundles (lib/bundled-function.ts):
 * the chain's files, profiles and endpoints are a third of a function's start, and in Lambda none of
 * them is ever asked. wiring.ts gives the client its credentials.
 */
export const defaultProvider = () => async (): Promise<never> => {
  throw new Error("A client was made without credentials: functions/wiring.ts must give them.");
};
