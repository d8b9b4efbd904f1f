/**
 * A reference of the app's API for a browser, at `/docs`: Swagger UI from its npm package, over the OpenAPI document
 * that the app itself serves. Nothing of it comes from the network, and no part of it is deployed.
 */
import { readFile } from "node:fs/promises";
import type { RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ApiDescription } from "../assembly/read-api.ts";

const path = "/docs";
const documentPath = "/openapi.json";

/** Undefined for an API that does not describe itself. */
export const referencePathOf = ({ routes, stageName }: ApiDescription): string | undefined =>
  stageName === "$default" && routes.some(({ routeKey }) => routeKey === `GET ${documentPath}`)
    ? path
    : undefined;

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>API reference</title>
    <link rel="stylesheet" href="${path}/swagger-ui.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main id="reference"></main>
    <script src="${path}/swagger-ui-bundle.js"></script>
    <script src="${path}/start.js"></script>
  </body>
</html>
`;

/** Calls go to the run that serves the page, whichever server the document names first. */
const start = `const response = fetch("${documentPath}").then((answer) => {
  if (answer.ok) return answer.json();
  throw new Error("GET ${documentPath} was answered with " + answer.status);
});
response.then(
  (spec) => SwaggerUIBundle({
    spec: { ...spec, servers: [{ url: location.origin, description: "This run" }] },
    dom_id: "#reference",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
  }),
  (error) => { document.getElementById("reference").textContent = error.message; },
);
`;

const policy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
].join("; ");

interface File {
  type: string;
  read: () => Promise<string | Buffer>;
}

const ofPackage = (name: string) => (): Promise<Buffer> => {
  const entry = createRequire(import.meta.url).resolve("swagger-ui-dist/package.json");
  return readFile(join(dirname(entry), name));
};

const files: Readonly<Record<string, File>> = {
  [path]: { type: "text/html; charset=utf-8", read: async () => page },
  [`${path}/start.js`]: { type: "text/javascript", read: async () => start },
  [`${path}/swagger-ui.css`]: { type: "text/css", read: ofPackage("swagger-ui.css") },
  [`${path}/swagger-ui-bundle.js`]: {
    type: "text/javascript",
    read: ofPackage("swagger-ui-bundle.js"),
  },
};

const send = async ({ type, read }: File, response: ServerResponse): Promise<void> => {
  const content = await read();
  response.writeHead(200, {
    "content-type": type,
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
  });
  response.end(content);
};

/** Serves the reference beside the API. */
export const withReference = (api: ApiDescription, listener: RequestListener): RequestListener => {
  if (referencePathOf(api) === undefined) return listener;
  return (request, response) => {
    const [target = ""] = (request.url ?? "").split("?", 1);
    const name = target === `${path}/` ? path : target;
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file === undefined || request.method !== "GET") return listener(request, response);
    request.resume();
    send(file, response).catch(() => response.writeHead(500).end());
  };
};
