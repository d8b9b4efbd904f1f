import { mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

const bytesMax = 64 * 1024 * 1024;

/**
 * Makes the log's folder, and sets a log aside that has grown large: a load test writes megabytes,
 * and this is the only moment at which no worker has it open. Returns the path.
 */
export const prepareLog = async (path: string): Promise<string> => {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > bytesMax) await rename(path, `${path}.previous`);
  return path;
};
