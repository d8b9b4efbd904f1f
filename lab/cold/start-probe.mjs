// Runs in a process of its own: `node start-probe.mjs <bundle>` loads a bundle as Lambda's runtime
// does, from an ES module, and prints the milliseconds from the start of the process until its
// handler could be called. Plain JavaScript, since stripping types would be measured as well.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , bundlePath] = process.argv;
const bundle = bundlePath.endsWith(".mjs")
  ? await import(pathToFileURL(bundlePath).href)
  : createRequire(import.meta.url)(bundlePath);
const readyMs = performance.now();
if (typeof bundle.handler !== "function") throw new Error(`${bundlePath} exports no handler.`);
process.stdout.write(String(readyMs));
