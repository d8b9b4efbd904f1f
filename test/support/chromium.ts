/** A browser without a network, for what people look at. */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const path = "/usr/bin/chromium";

/** Nothing of a browser's own is asked of the network, and nothing is shared with another run. */
const launchArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Each browser has a profile of its own in a temporary folder, which it takes away at its end. */
export const launchChromium = async (): Promise<Browser> => {
  if (!existsSync(path)) {
    throw new Error(`There is no Chromium at ${path}. To install: npm run servers:install`);
  }
  return chromium.launch({ executablePath: path, args: launchArguments });
};
