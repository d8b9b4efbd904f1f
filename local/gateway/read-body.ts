import type { IncomingMessage } from "node:http";

const nothing = Buffer.alloc(0);

/**
 * The whole body, up to a bound: `too large` is said as soon as that is known, with the rest
 * unread; `aborted` when the client went away.
 */
export const readBody = (
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | "too large" | "aborted"> => {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) {
    return Promise.resolve("too large");
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else resolve("too large");
    });
    request.on("end", () => {
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : (chunks[0] ?? nothing));
    });
    // After the end these change nothing.
    request.on("error", () => resolve("aborted"));
    request.on("close", () => resolve("aborted"));
  });
};
