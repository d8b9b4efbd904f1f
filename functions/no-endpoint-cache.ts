/**
 * Takes the place of the SDK's cache of discovered endpoints in the bundles (lib/bundled-function.ts):
 * DynamoDB's client makes one, and asks it only where endpoint discovery is on, which it is not.
 */
export class EndpointCache {
  get(): never {
    throw new Error(
      "Endpoint discovery is on: functions/no-endpoint-cache.ts has no cache for it.",
    );
  }
}
