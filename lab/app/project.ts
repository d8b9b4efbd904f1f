import { fileURLToPath } from "node:url";

/** Absolute path of a file or folder of this project. */
export const project = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));
