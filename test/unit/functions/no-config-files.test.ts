/** The settings of the SDK in the bundles: from the environment, or the defaults. */
import { afterEach, expect, test, vi } from "vitest";
import {
  booleanSelector,
  loadConfig,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
  resolveRegionConfig,
  SelectorType,
} from "../../../functions/no-config-files.ts";

afterEach(() => vi.unstubAllEnvs());

test("a setting is that of the environment, or its default", async () => {
  const load = loadConfig(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS);
  expect(await load()).toBe(false);
  vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true");
  expect(await load()).toBe(true);
  const made = loadConfig({ environmentVariableSelector: () => undefined, default: () => "made" });
  expect(await made()).toBe("made");
});

test("a setting that must be true or false is nothing else", () => {
  const select = (value: string) => booleanSelector({ A: value }, "A", SelectorType.ENV);
  expect(select("false")).toBe(false);
  expect(() => select("yes")).toThrow("The env A must be true or false, not yes.");
});

test("a region is given as a text or as a function that resolves with it", async () => {
  const fixed = resolveRegionConfig({ region: "eu-central-1", useFipsEndpoint: false });
  expect(await fixed.region()).toBe("eu-central-1");
  const found = resolveRegionConfig({
    region: async () => "eu-west-1",
    useFipsEndpoint: async () => true,
  });
  expect([await found.region(), await found.useFipsEndpoint()]).toEqual(["eu-west-1", true]);
});
