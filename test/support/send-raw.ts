import { request } from "node:http";

/** A request whose path and headers are sent as they are: `fetch` would tidy them. */
export const sendRaw = (
  endpoint: string,
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(endpoint);
      const { method = "GET", headers = {}, body } = options;
      const outgoing = request({ hostname, port, path, method, headers, agent: false });
      outgoing.on("error", reject).on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      outgoing.end(body);
    },
  );
