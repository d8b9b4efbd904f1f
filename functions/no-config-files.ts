/**
 * Takes the place of the SDK's configuration in the bundles (lib/bundled-function.ts): in Lambda there are no files
 * and profiles to look for, nor an instance that knows its region. Settings come from the environment of the
 * process, which the SDK's own selectors read, or are the defaults.
 */
interface Setting<Value> {
  environmentVariableSelector: (variables: NodeJS.ProcessEnv) => Value | undefined;
  /** The value, or a function that makes it. */
  default: Value | (() => Value | Promise<Value>);
}

export const loadConfig =
  <Value extends string | boolean | number | undefined>({
    environmentVariableSelector,
    default: standard,
  }: Setting<Value>) =>
  async (): Promise<Value> =>
    environmentVariableSelector(process.env) ??
    (typeof standard === "function" ? standard() : standard);

export const SelectorType = { ENV: "env", CONFIG: "shared config entry" };

/** @throws Error for another value than `true` and `false` */
export const booleanSelector = (
  variables: Record<string, string | undefined>,
  name: string,
  type: string,
): boolean | undefined => {
  const value = variables[name];
  if (value === undefined) return undefined;
  if (value !== "true" && value !== "false") {
    throw new Error(`The ${type} ${name} must be true or false, not ${value}.`);
  }
  return value === "true";
};

const booleanSetting = (name: string): Setting<boolean> => ({
  environmentVariableSelector: (variables) => booleanSelector(variables, name, SelectorType.ENV),
  default: false,
});

export const NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS = /* @__PURE__ */ booleanSetting(
  "AWS_USE_DUALSTACK_ENDPOINT",
);
export const NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS =
  /* @__PURE__ */ booleanSetting("AWS_USE_FIPS_ENDPOINT");

export const REGION_ENV_NAME = "AWS_REGION";
export const REGION_INI_NAME = "region";

/** Lambda sets the region. */
export const NODE_REGION_CONFIG_OPTIONS: Setting<string | undefined> = {
  environmentVariableSelector: (variables) => variables[REGION_ENV_NAME],
  default: undefined,
};
export const NODE_REGION_CONFIG_FILE_OPTIONS = {};

/** Separates the words of a setting in a file. */
export const CONFIG_PREFIX_SEPARATOR = ".";

/** The SDK's defaults of timeouts and retries, of which wiring.ts leaves none. */
export const resolveDefaultsModeConfig = () => async () => "legacy";

type Provided<Value> = Value | (() => Promise<Value>);

const provided = <Value>(value: Provided<Value>): Promise<Value> =>
  typeof value === "function" ? (value as () => Promise<Value>)() : Promise.resolve(value);

export const resolveRegionConfig = <
  Input extends { region: Provided<string>; useFipsEndpoint: Provided<boolean> },
>(
  input: Input,
) => {
  const { region, useFipsEndpoint } = input;
  return Object.assign(input, {
    region: () => provided(region),
    useFipsEndpoint: () => provided(useFipsEndpoint),
  });
};

/** For a signature that none of the clients uses. */
export class ProviderError extends Error {}
