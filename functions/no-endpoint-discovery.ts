/**
 * Takes the place of the SDK's endpoint discovery in the bundles (lib/bundled-function.ts). DynamoDB's
 * client configures it, and no command of the client uses it.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: (): undefined => undefined,
  configFileSelector: (): undefined => undefined,
  default: undefined,
};

export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
